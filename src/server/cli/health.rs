//! `latchkey health`: asks the server of these settings how it is, for health checks where there is no other program to ask with.
//! Must not look at the database, nor ask anything but this machine.

use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use clap::Args;

use crate::server::config::Config;

use super::{CliError, out};

/// Longer than `/health/ready` may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// More than any answer of these two.
const MAX_ANSWER: u64 = 64 * 1024;

/// What is asked.
#[derive(Debug, Args)]
pub(super) struct HealthArguments {
    /// Whether it can serve, not only whether it is alive.
    #[arg(long)]
    ready: bool,
}

pub(super) fn run(arguments: &HealthArguments) -> Result<(), CliError> {
    let config = Config::load()?;
    if config.port == 0 {
        return Err(CliError::Usage("port = 0 takes any that is free: no telling which".into()));
    }
    let address = SocketAddr::new(within(config.bind), config.port);
    let path = if arguments.ready { "/health/ready" } else { "/health" };
    let answer = ask(address, path)
        .map_err(|error| CliError::Usage(format!("the server at {address} does not answer: {error}")))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.lines().next().and_then(|line| line.strip_prefix("HTTP/1.1 ")).unwrap_or("no HTTP");
    if status.starts_with("200 ") {
        out::line(out::plain(body))
    } else {
        let said = format!("{address}{path}: {} {}", out::plain(status), out::plain(body));
        Err(CliError::Usage(said.trim_end().to_owned()))
    }
}

/// Where on this machine a server is that listens there: an address that stands for all of them cannot be called everywhere.
fn within(bind: IpAddr) -> IpAddr {
    match bind {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

/// The answer, head and body.
fn ask(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: application/json\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_are_asked_on_this_machine() {
        let asked = |bind: &str| within(bind.parse().expect("an address")).to_string();
        assert_eq!(asked("0.0.0.0"), "127.0.0.1");
        assert_eq!(asked("::"), "::1");
        assert_eq!(asked("192.0.2.7"), "192.0.2.7");
    }
}
