//! Takes connections in as fast as those before them are answered, so that a thousand that come at once do not have their memory at
//! once: most of them are told to come back, and gone before the last are looked at. Knows nothing of whoever asks only after a while,
//! or again. Must not keep anybody waiting for people who ask nothing, nor for long where none is answered.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::serve::{Listener, ListenerExt as _, TapIo};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// How many may be looked at, besides those who wait to be hashed.
const AT_ONCE: usize = 144;

/// How long whoever has not asked anything is thought to be about to.
const SILENCE: Duration = Duration::from_millis(50);

/// The most that is waited for places in a row, and what part of the time may be spent with that, as one in so many: whoever keeps
/// all places, and gives one back now and then, takes no more from others.
const PATIENCE: Duration = Duration::from_millis(200);
const PART: u32 = 5;

/// What is not worth a wait: timers count milliseconds.
const MOMENT: Duration = Duration::from_millis(5);

/// Listens for people.
#[derive(Debug)]
pub struct Arrivals {
    listener: TcpListener,
    places: Arc<Semaphore>,
    silence: Duration,
    patience: Patience,
    /// Who came a moment ago, the first in front.
    recent: VecDeque<(Instant, Arc<Place>)>,
    /// Whether the process is about to end: nobody is left standing then.
    is_ending: Arc<AtomicBool>,
}

/// How long may be waited, of what there is at most.
#[derive(Debug)]
struct Patience {
    left: Duration,
    most: Duration,
    as_of: Instant,
}

impl Patience {
    fn of(most: Duration) -> Self {
        Self { left: most, most, as_of: Instant::now() }
    }

    /// What there is after some time in which nobody waited.
    fn grow(&mut self, time: Duration) {
        self.left = self.most.min(self.left.saturating_add(time / PART));
    }

    /// What comes of something in the time that may be waited; at once or not at all, where that is next to nothing.
    async fn wait<T>(&mut self, something: impl Future<Output = T>) -> Option<T> {
        let began = Instant::now();
        self.grow(began - self.as_of);
        let may_wait = if self.left < MOMENT { Duration::ZERO } else { self.left };
        let came = timeout(may_wait, something).await.ok();
        self.as_of = Instant::now();
        self.left = self.left.saturating_sub(self.as_of - began);
        came
    }
}

/// A connection, which keeps the place that it has, if any, until its first answer is begun.
#[derive(Debug)]
pub struct Arrival {
    stream: TcpStream,
    place: Arc<Place>,
}

#[derive(Debug)]
struct Place {
    permit: Mutex<Option<OwnedSemaphorePermit>>,
    has_asked: AtomicBool,
}

impl Place {
    fn leave(&self) {
        drop(self.permit.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Arrivals {
    /// `hashing` is how many may hash or wait for it. Tapped, as axum tells handlers who connects to its own listeners alone.
    pub fn of(listener: TcpListener, hashing: usize, is_ending: Arc<AtomicBool>) -> TapIo<Self, fn(&mut Arrival)> {
        let places = hashing.saturating_add(AT_ONCE).min(Semaphore::MAX_PERMITS);
        Self::new(listener, places, PATIENCE, is_ending).tap_io(|_| {})
    }

    fn new(listener: TcpListener, places: usize, patience: Duration, is_ending: Arc<AtomicBool>) -> Self {
        let (places, patience) = (Arc::new(Semaphore::new(places)), Patience::of(patience));
        Self { listener, places, silence: SILENCE, patience, recent: VecDeque::new(), is_ending }
    }

    /// A place, if there is one in time.
    async fn permit(&mut self) -> Option<OwnedSemaphorePermit> {
        self.forget_the_silent();
        let places = Arc::clone(&self.places);
        if self.is_ending.load(Ordering::Relaxed) {
            return places.try_acquire_owned().ok();
        }
        self.patience.wait(places.acquire_owned()).await?.ok()
    }

    /// Browsers connect before they have anything to ask.
    fn forget_the_silent(&mut self) {
        while self.recent.front().is_some_and(|(came, _)| came.elapsed() >= self.silence) {
            if let Some((_, place)) = self.recent.pop_front()
                && !place.has_asked.load(Ordering::Relaxed)
            {
                place.leave();
            }
        }
    }
}

impl Listener for Arrivals {
    type Io = Arrival;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Arrival, SocketAddr) {
        let permit = self.permit().await;
        let (stream, peer) = Listener::accept(&mut self.listener).await;
        let place = Arc::new(Place { permit: Mutex::new(permit), has_asked: AtomicBool::new(false) });
        self.recent.push_back((Instant::now(), Arc::clone(&place)));
        (Arrival { stream, place }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Arrival {
    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.get_mut().stream)
    }

    /// The same, for the answer.
    fn answered(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        self.place.leave();
        self.stream()
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.place.leave();
    }
}

impl AsyncRead for Arrival {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if read.is_ready() {
            this.place.has_asked.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Arrival {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        self.answered().poll_write(context, buffer)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.answered().poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::{net::Ipv4Addr, sync::atomic::AtomicUsize};

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        task::{JoinSet, yield_now},
    };

    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    async fn listen(places: usize, patience: Duration) -> (Arrivals, SocketAddr) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        (Arrivals::new(listener, places, patience, Arc::default()), address)
    }

    fn has_place(arrival: &Arrival) -> bool {
        arrival.place.permit.lock().expect("no panic").is_some()
    }

    /// Somebody who has asked something.
    async fn ask(to: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(to).await.expect("connected");
        stream.write_all(b"?").await.expect("asked");
        stream
    }

    async fn next(arrivals: &mut Arrivals) -> Arrival {
        timeout(LONG, arrivals.accept()).await.expect("taken in").0
    }

    /// The next, whose question is read.
    async fn next_who_asks(arrivals: &mut Arrivals) -> Arrival {
        let mut arrival = next(arrivals).await;
        arrival.read_u8().await.expect("a question");
        arrival
    }

    /// ASVS 15.2.2: however many come at once, a few are looked at.
    #[tokio::test]
    async fn the_next_is_taken_in_when_one_before_is_answered() {
        const MANY: usize = 32;
        let (mut arrivals, address) = listen(2, LONG).await;
        let mut people = Vec::new();
        for _ in 0..MANY {
            people.push(ask(address).await);
        }
        let (under_way, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut answering = JoinSet::new();
        for _ in 0..MANY {
            let mut arrival = next_who_asks(&mut arrivals).await;
            most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let under_way = Arc::clone(&under_way);
            answering.spawn(async move {
                for _ in 0..64 {
                    yield_now().await;
                }
                under_way.fetch_sub(1, Ordering::SeqCst);
                arrival.write_all(b"!").await.expect("answered");
                arrival
            });
        }
        // They are there still, and hold no place.
        assert_eq!(answering.join_all().await.len(), MANY);
        assert_eq!(most.load(Ordering::SeqCst), 2);
        for mut one in people {
            assert_eq!(one.read_u8().await.expect("an answer"), b'!');
        }
    }

    /// Everybody is told in time that the database does not answer, and nobody keeps others out by asking slowly.
    #[tokio::test]
    async fn nobody_waits_long_behind_those_who_are_not_answered() {
        let (mut arrivals, address) = listen(1, 2 * MOMENT).await;
        let _people = [ask(address).await, ask(address).await];
        let first = next_who_asks(&mut arrivals).await;
        let second = next_who_asks(&mut arrivals).await;
        assert!(has_place(&first) && !has_place(&second));
        assert_eq!(arrivals.patience.left, Duration::ZERO, "it was waited for in vain");
    }

    /// However often places come and go, others are kept waiting for a small part of the time.
    #[tokio::test]
    async fn patience_comes_back_slowly_and_up_to_a_limit() {
        let mut patience = Patience::of(2 * MOMENT);
        assert_eq!(patience.wait(std::future::pending::<()>()).await, None);
        assert_eq!(patience.left, Duration::ZERO);
        patience.grow(PART * MOMENT);
        assert_eq!(patience.left, MOMENT);
        patience.grow(LONG);
        assert_eq!(patience.left, 2 * MOMENT);
        assert_eq!(patience.wait(std::future::ready(1)).await, Some(1));
    }

    /// Browsers connect before they have anything to ask.
    #[tokio::test]
    async fn who_asks_nothing_keeps_no_place() {
        let (mut arrivals, address) = listen(1, 2 * LONG).await;
        arrivals.silence = Duration::ZERO;
        let _silent = TcpStream::connect(address).await.expect("connected");
        let _silent_here = next(&mut arrivals).await;
        let _somebody = ask(address).await;
        assert!(has_place(&next_who_asks(&mut arrivals).await));
    }

    #[tokio::test]
    async fn who_goes_away_leaves_a_place() {
        let (mut arrivals, address) = listen(1, 2 * LONG).await;
        let _people = [ask(address).await, ask(address).await];
        drop(next_who_asks(&mut arrivals).await);
        assert!(has_place(&next_who_asks(&mut arrivals).await));
    }

    /// Whoever is not taken in when the process ends is cut off.
    #[tokio::test]
    async fn nobody_is_left_standing_before_the_end() {
        let (mut arrivals, address) = listen(1, 2 * LONG).await;
        let _people = [ask(address).await, ask(address).await];
        let _first = next_who_asks(&mut arrivals).await;
        arrivals.is_ending.store(true, Ordering::Relaxed);
        next_who_asks(&mut arrivals).await;
    }
}
