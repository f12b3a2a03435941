//! A small HTTP/1.1 client that says how far a request came. Must not retry anything.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// How long an answer may take before the test counts the connection as dead.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl std::fmt::Debug for Answer {
    /// Without what every answer has.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body: String = self.body.chars().take(400).collect();
        let told =
            (self.status, self.header("location"), self.header("retry-after"), self.header("x-request-id"), body);
        told.fmt(f)
    }
}

impl Answer {
    /// The values of a header.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(is, _)| is.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The value of a header; empty without it.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(is, _)| is.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    /// The body.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Sends one request on a connection of its own.
///
/// # Errors
/// When the connection was refused, cut or silent; what was asked for may have been done.
pub fn send(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<(&str, &str)>,
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    if let Some((content_type, body)) = body {
        let length = body.len().to_string();
        request.extend(["content-type: ", content_type, "\r\ncontent-length: ", &length, "\r\n\r\n", body]);
    } else {
        request += "\r\n";
    }
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    parse(&bytes).ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "half an answer"))
}

/// A whole answer, or none.
fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let answer = Answer { status, headers, body: String::new() };
    let rest = &bytes[end + 4..];
    let body = if answer.header("transfer-encoding") == "chunked" {
        whole_of_chunks(rest)?
    } else {
        let length = answer.header("content-length").parse().unwrap_or(rest.len());
        rest.get(..length)?.to_vec()
    };
    Some(Answer { body: String::from_utf8_lossy(&body).into_owned(), ..answer })
}

fn whole_of_chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        let begin = line + 2;
        body.extend_from_slice(rest.get(begin..begin + size)?);
        rest = rest.get(begin + size + 2..)?;
    }
}

/// Sends JSON, with a token if there is one.
///
/// # Errors
/// As [`send`].
pub fn call(to: SocketAddr, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> io::Result<Answer> {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let headers: Vec<(&str, &str)> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
    let body = body.map(|body| body.to_string());
    send(to, method, path, &headers, body.as_deref().map(|body| ("application/json", body)))
}

/// A browser: its cookies.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    cookies: Vec<(String, String)>,
}

impl Browser {
    /// Opens a page.
    ///
    /// # Errors
    /// As [`send`].
    pub fn get(&mut self, to: SocketAddr, path: &str) -> io::Result<Answer> {
        self.send(to, "GET", path, None)
    }

    /// Posts a form.
    ///
    /// # Errors
    /// As [`send`].
    pub fn submit(&mut self, to: SocketAddr, action: &str, fields: &[(&str, &str)]) -> io::Result<Answer> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(to, "POST", action, Some(&body))
    }

    fn send(&mut self, to: SocketAddr, method: &str, path: &str, form: Option<&str>) -> io::Result<Answer> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut headers = vec![("accept", "text/html"), ("sec-fetch-site", "same-origin")];
        if !cookies.is_empty() {
            headers.push(("cookie", &cookies));
        }
        let answer = send(to, method, path, &headers, form.map(|form| ("application/x-www-form-urlencoded", form)))?;
        for set in answer.all("set-cookie") {
            let (name, rest) = set.split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.retain(|(is, _)| is != name);
            if !value.is_empty() && !set.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(answer)
    }
}
