//! People who come and go while something fails: what each was told, and whether that is so. Must not look into the database.

use std::{
    io,
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::http::{Answer, Browser, call, send};

/// How many answers came, of anybody.
pub static ANSWERS: AtomicU64 = AtomicU64::new(0);

/// A generator that repeats what it did for the same seed (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Chance(pub u64);

impl Chance {
    /// A number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// Whether a session lives, as far as its program was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Live,
    Ended,
    /// Its end was asked for, and nobody answered.
    Either,
}

/// A session of a program.
#[derive(Clone, Debug)]
struct Program {
    token: String,
    refresh_token: String,
    /// Exchanged, and the answer came.
    spent: Vec<String>,
    /// Whether the newest was exchanged, and no answer came.
    is_asked: bool,
    life: Life,
}

impl Program {
    fn of(answer: &Answer) -> Self {
        let mut program = Self {
            token: String::new(),
            refresh_token: String::new(),
            spent: Vec::new(),
            is_asked: false,
            life: Life::Live,
        };
        program.take(answer);
        program
    }

    fn take(&mut self, answer: &Answer) {
        let text = |name: &str| answer.json()[name].as_str().expect("a token").to_owned();
        (self.token, self.refresh_token) = (text("access_token"), text("refresh_token"));
    }

    /// The id of its session.
    fn session(&self) -> String {
        let claims = self.token.split('.').nth(1).expect("claims");
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64")).expect("JSON");
        claims["sid"].as_str().expect("a session").to_owned()
    }
}

/// How asking for something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It was done.
    Done,
    /// Nobody said.
    Nothing,
}

/// Somebody, and what they were told.
#[derive(Clone, Debug)]
pub struct Person {
    pub email: String,
    /// Whether the account was acknowledged.
    has_account: bool,
    /// The password; or two, where nobody said whether it changed.
    passwords: Vec<String>,
    programs: Vec<Program>,
    /// Links that were used.
    used_links: Vec<String>,
    /// Links that were taken from mails.
    taken_links: Vec<String>,
    /// A link that may have been used, for the second of the two passwords.
    asked_link: Option<String>,
    changes: u32,
    /// Links asked for.
    links: u32,
}

/// Something that a person does.
type Act = fn(&mut Person, SocketAddr, &mut Chance) -> io::Result<Told>;

/// What is to be done next.
const ACTS: [Act; 8] = [
    Person::sign_in,
    Person::sign_in,
    Person::refresh,
    Person::refresh,
    Person::sign_out,
    Person::revoke,
    Person::change_password,
    Person::reset_password,
];

/// Whether an answer says that it was done; `false` where the server could not say. Anything else is no answer to what was
/// asked.
fn is_done(answer: &Answer, status: u16) -> bool {
    ANSWERS.fetch_add(1, Ordering::SeqCst);
    assert!(answer.status == status || answer.status == 503, "{status} was expected: {answer:?}");
    answer.status == status
}

fn told(is_done: bool) -> Told {
    if is_done { Told::Done } else { Told::Nothing }
}

/// What is answered once the server can say.
fn status(ask: impl Fn() -> io::Result<Answer>) -> u16 {
    (0..100).map(|_| ask().expect("an answer").status).find(|status| *status != 503).expect("it can say")
}

impl Person {
    /// Somebody nobody has heard of.
    pub fn new(email: String) -> Self {
        Self {
            passwords: vec![format!("marble trolley {email} kettle")],
            email,
            has_account: false,
            programs: Vec::new(),
            used_links: Vec::new(),
            taken_links: Vec::new(),
            asked_link: None,
            changes: 0,
            links: 0,
        }
    }

    /// How much this person was told that must be so.
    pub fn acknowledged(&self) -> u32 {
        let programs = self.programs.iter().map(|program| 1 + program.spent.len()).sum::<usize>();
        u32::try_from(usize::from(self.has_account) + programs + self.used_links.len()).expect("few")
    }

    /// Signs up.
    ///
    /// # Errors
    /// When no answer came.
    pub fn sign_up(&mut self, to: SocketAddr) -> io::Result<Told> {
        let body = json!({ "email": self.email, "password": self.passwords[0] });
        self.has_account = is_done(&call(to, "POST", "/users", None, Some(body))?, 201);
        Ok(told(self.has_account))
    }

    /// Does something, whatever chance says.
    ///
    /// # Errors
    /// When no answer came.
    pub fn act(&mut self, to: SocketAddr, chance: &mut Chance) -> io::Result<Told> {
        let act = usize::try_from(chance.below(ACTS.len() as u64)).expect("few");
        ACTS[act](self, to, chance)
    }

    fn program(&mut self, chance: &mut Chance) -> Option<&mut Program> {
        let live: Vec<_> =
            self.programs.iter_mut().filter(|program| program.life == Life::Live && !program.is_asked).collect();
        let count = live.len() as u64;
        if count == 0 {
            return None;
        }
        live.into_iter().nth(usize::try_from(chance.below(count)).expect("few"))
    }

    fn login(&self, to: SocketAddr, password: &str) -> io::Result<Answer> {
        call(to, "POST", "/auth/login", None, Some(json!({ "email": self.email, "password": password })))
    }

    fn sign_in(&mut self, to: SocketAddr, _: &mut Chance) -> io::Result<Told> {
        let answer = self.login(to, &self.passwords[0])?;
        if is_done(&answer, 200) {
            self.programs.push(Program::of(&answer));
            return Ok(Told::Done);
        }
        Ok(Told::Nothing)
    }

    fn refresh(&mut self, to: SocketAddr, chance: &mut Chance) -> io::Result<Told> {
        let Some(program) = self.program(chance) else { return self.sign_in(to, chance) };
        program.is_asked = true;
        let body = json!({ "refresh_token": program.refresh_token });
        let answer = call(to, "POST", "/auth/refresh", None, Some(body))?;
        if is_done(&answer, 200) {
            program.is_asked = false;
            program.spent.push(program.refresh_token.clone());
            program.take(&answer);
            return Ok(Told::Done);
        }
        Ok(Told::Nothing)
    }

    fn sign_out(&mut self, to: SocketAddr, chance: &mut Chance) -> io::Result<Told> {
        let Some(program) = self.program(chance) else { return self.sign_in(to, chance) };
        program.life = Life::Either;
        let is_done = is_done(&call(to, "POST", "/auth/logout", Some(&program.token), None)?, 204);
        if is_done {
            program.life = Life::Ended;
        }
        Ok(told(is_done))
    }

    fn revoke(&mut self, to: SocketAddr, chance: &mut Chance) -> io::Result<Told> {
        let Some(by) = self.program(chance).map(|program| program.token.clone()) else {
            return self.sign_in(to, chance);
        };
        let Some(program) = self.program(chance) else { return Ok(Told::Nothing) };
        let path = format!("/users/me/sessions/{}", program.session());
        program.life = Life::Either;
        let is_done = is_done(&call(to, "DELETE", &path, Some(&by), None)?, 204);
        if is_done {
            program.life = Life::Ended;
        }
        Ok(told(is_done))
    }

    /// The next password: until somebody says that it is in force, so may the one before be.
    fn begin_change(&mut self) -> String {
        self.changes += 1;
        let next = format!("walnut ferry {} {} umbrella", self.email, self.changes);
        self.passwords.push(next.clone());
        for program in self.programs.iter_mut().filter(|program| program.life == Life::Live) {
            program.life = Life::Either;
        }
        next
    }

    fn end_change(&mut self, is_done: bool) -> Told {
        if is_done {
            self.passwords.remove(0);
            for program in self.programs.iter_mut().filter(|program| program.life == Life::Either) {
                program.life = Life::Ended;
            }
        }
        told(is_done)
    }

    fn change_password(&mut self, to: SocketAddr, _: &mut Chance) -> io::Result<Told> {
        let mut browser = Browser::default();
        let fields = [("identifier", self.email.as_str()), ("password", self.passwords[0].as_str())];
        let answer = browser.submit(to, "/api/sign_in", &fields)?;
        if answer.status == 503 || answer.header("location") != "/dashboard" {
            // A browser that was refused for want of a database is led back to its form.
            ANSWERS.fetch_add(1, Ordering::SeqCst);
            return Ok(Told::Nothing);
        }
        let before = self.passwords[0].clone();
        let next = self.begin_change();
        let fields = [("password", before.as_str()), ("new_password", &next), ("sign_out_others", "true")];
        let answer = browser.submit(to, "/api/change_password", &fields)?;
        ANSWERS.fetch_add(1, Ordering::SeqCst);
        Ok(self.end_change(answer.status == 303 && answer.header("location") == "/dashboard"))
    }

    fn reset_password(&mut self, to: SocketAddr, chance: &mut Chance) -> io::Result<Told> {
        if self.links == 3 {
            return self.sign_in(to, chance);
        }
        self.links += 1;
        let body = json!({ "email": self.email });
        if !is_done(&call(to, "POST", "/auth/password/forgot", None, Some(body))?, 202) {
            return Ok(Told::Nothing);
        }
        let link = loop {
            if let Some(link) = self.new_link(&send(to, "GET", "/dev/mail", &[("accept", "text/html")], None)?) {
                break link;
            }
        };
        self.taken_links.push(link.clone());
        let next = self.begin_change();
        self.asked_link = Some(link.clone());
        let body = json!({ "token": link, "new_password": next });
        let answer = call(to, "POST", "/auth/password/reset", None, Some(body))?;
        let is_done = is_done(&answer, 200);
        if is_done {
            self.asked_link = None;
            self.used_links.push(link);
        }
        Ok(self.end_change(is_done))
    }

    /// The link of a mail to this person that was not taken before. Mails of one second that two nodes wrote stand in no order.
    fn new_link(&self, page: &Answer) -> Option<String> {
        let mails = page.body.split("<article").filter(|mail| mail.contains(&format!(">{}<", self.email)));
        let links = mails.filter_map(|mail| mail.split_once("/reset-password?token=").map(|(_, rest)| rest));
        let is_of_link = |char: &char| char.is_ascii_alphanumeric() || "-_".contains(*char);
        let mut links = links.map(|rest| rest.chars().take_while(is_of_link).collect::<String>());
        links.find(|link| !self.taken_links.contains(link))
    }

    /// Looks whether everything this person was told is so, and nothing is worth something twice; answers with what is not.
    pub fn look(&mut self, to: SocketAddr) -> Vec<String> {
        let mut lost = Vec::new();
        if !self.has_account {
            return lost;
        }
        let ask = |answer: io::Result<Answer>| answer.expect("an answer");
        let refresh =
            |token: &str| ask(call(to, "POST", "/auth/refresh", None, Some(json!({ "refresh_token": token })))).status;
        for program in &mut self.programs {
            let status = status(|| call(to, "GET", "/users/me", Some(&program.token), None));
            match program.life {
                Life::Live if status != 200 => lost.push(format!("a session is gone: {status}")),
                Life::Ended if status != 401 => lost.push(format!("an end of a session is gone: {status}")),
                _ => {}
            }
            program.life = if status == 200 { Life::Live } else { Life::Ended };
            if program.life == Life::Live {
                let first = refresh(&program.refresh_token);
                if first != 200 && !program.is_asked {
                    lost.push(format!("a refresh token is worth nothing: {first}"));
                }
                if first == 200 && refresh(&program.refresh_token) == 200 {
                    lost.push("a refresh token is good twice".into());
                }
            }
            for token in &program.spent {
                if refresh(token) == 200 {
                    lost.push("a refresh token that was spent is good again".into());
                }
            }
        }
        for link in &self.used_links {
            let body = json!({ "token": link, "new_password": "a link that was used quartz" });
            let status = status(|| call(to, "POST", "/auth/password/reset", None, Some(body.clone())));
            if status != 410 {
                lost.push(format!("a link that was used is good again: {status}"));
            }
        }
        let good: Vec<bool> =
            self.passwords.iter().map(|password| status(|| self.login(to, password)) == 200).collect();
        if good.iter().filter(|is_good| **is_good).count() != 1 {
            lost.push(format!("of the passwords that it may be, these are good: {good:?}"));
        }
        if let Some(link) = self.asked_link.take() {
            let body = json!({ "token": link, "new_password": format!("walnut ferry {} once umbrella", self.email) });
            let status = status(|| call(to, "POST", "/auth/password/reset", None, Some(body.clone())));
            if good.last() == Some(&true) && status != 410 {
                lost.push(format!("a link whose password is in force is good again: {status}"));
            }
        }
        lost.into_iter().map(|what| format!("{}: {what}", self.email)).collect()
    }
}
