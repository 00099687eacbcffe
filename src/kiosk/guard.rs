//! Who may ask the page's server for what: the same browser on the same box, and nobody else.
//!
//! 1. A request names this server as its host (a name that was made to point here by somebody's
//!    DNS does not), and where it names an origin, that is this server too.
//! 2. An action carries the session's token in a header, which a page of another origin can
//!    neither read nor send without being asked first.
//! 3. Every answer forbids storing, framing, guessing of types, and any script, style or connection
//!    that is not this server's own.
//!
//! It does not guard against somebody who runs programs as a user of the box.

use super::act::Refusal;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HOST, HeaderName, HeaderValue, ORIGIN,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use std::net::SocketAddr;

/// The session's cookie.
pub const COOKIE_NAME: &str = "canteend";
/// The header of the session's token.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// Nothing from anywhere but this server; pictures also from the page's own memory.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' \
    blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// What every answer says.
const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The names under which this server is asked.
#[derive(Clone, Debug)]
pub struct Names(Vec<String>);

impl Names {
    /// Those of a server at `address`.
    pub fn of(address: SocketAddr) -> Self {
        let port = address.port();
        let mut names = vec![address.to_string(), format!("localhost:{port}")];
        // Browsers leave the usual port out.
        if port == 80 {
            names.extend([address.ip().to_string(), "localhost".to_owned()]);
        }
        Names(names)
    }

    /// Whether `request` comes from a page of this server, or from no page.
    ///
    /// # Errors
    /// [`Refusal::Foreign`].
    pub fn admit(&self, request: &Request) -> Result<(), Refusal> {
        let headers = request.headers();
        let host = one(headers, HOST.as_str()).ok_or(Refusal::Foreign)?;
        let known = |name: &str| self.0.iter().any(|own| own.eq_ignore_ascii_case(name));
        // A target that names its own authority must name the same one.
        let target = request.uri().authority().is_none_or(|a| known(a.as_str()));
        let origin = match headers.get(ORIGIN) {
            None => request.method() != Method::POST,
            Some(_) => one(headers, ORIGIN.as_str())
                .and_then(|origin| origin.strip_prefix("http://"))
                .is_some_and(|origin| origin.eq_ignore_ascii_case(host)),
        };
        // Browsers say from where a request was made, also one for a picture.
        let fetched = match headers.get("sec-fetch-site") {
            None => true,
            Some(site) => site == "same-origin" || site == "none",
        };
        if known(host) && target && origin && fetched { Ok(()) } else { Err(Refusal::Foreign) }
    }
}

/// The value of a header field that is there exactly once.
pub fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The session's cookie in a request.
pub fn cookie(headers: &HeaderMap) -> Option<&str> {
    let fields = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut named = fields
        .flat_map(|field| field.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE_NAME);
    named.next().map(|(_, value)| value)
}

/// The field that gives a browser its cookie: for this server only, out of reach of scripts, and
/// not sent along by other sites.
pub fn give_cookie(value: &str) -> HeaderValue {
    let field = format!("{COOKIE_NAME}={value}; Path=/; HttpOnly; SameSite=Strict");
    HeaderValue::from_str(&field).expect("hexadecimal digits are a header's")
}

/// Adds what every answer says; what may be stored has said so itself.
pub fn dress(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn only_requests_of_this_servers_own_pages_are_admitted() {
        let names = Names::of("127.0.0.1:8087".parse().unwrap());
        let own = "127.0.0.1:8087";
        let cases: &[(&str, &[&str], Option<&str>, bool)] = &[
            ("GET", &[own], None, true),
            ("GET", &["localhost:8087"], None, true),
            ("GET", &["LOCALHOST:8087"], Some("http://localhost:8087"), true),
            ("POST", &[own], Some("http://127.0.0.1:8087"), true),
            // An action always comes from a page, and browsers say which.
            ("POST", &[own], None, false),
            ("GET", &["attacker.example"], None, false),
            ("GET", &["attacker.example:8087"], Some("http://attacker.example:8087"), false),
            ("GET", &["127.0.0.1"], None, false),
            ("GET", &["127.0.0.1:8088"], None, false),
            ("GET", &["127.0.0.1:8087.attacker.example"], None, false),
            ("GET", &[own, "attacker.example"], None, false),
            ("GET", &[], None, false),
            ("POST", &[own], Some("http://attacker.example"), false),
            ("POST", &[own], Some("https://127.0.0.1:8087"), false),
            ("POST", &[own], Some("null"), false),
            // Another name of this server is another origin.
            ("POST", &[own], Some("http://localhost:8087"), false),
        ];
        for (method, hosts, origin, admitted) in cases {
            let mut request = Request::builder().method(*method).uri("/");
            for host in *hosts {
                request = request.header(HOST, *host);
            }
            if let Some(origin) = origin {
                request = request.header(ORIGIN, *origin);
            }
            let request = request.body(Body::empty()).unwrap();
            assert_eq!(names.admit(&request).is_ok(), *admitted, "{method} {hosts:?} {origin:?}");
        }
        for (site, admitted) in
            [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false)]
        {
            let request =
                Request::builder().uri("/preview").header(HOST, own).header("sec-fetch-site", site);
            let request = request.body(Body::empty()).unwrap();
            assert_eq!(names.admit(&request).is_ok(), admitted, "{site}");
        }
        let absolute = Request::builder().uri("http://attacker.example/").header(HOST, own);
        assert!(names.admit(&absolute.body(Body::empty()).unwrap()).is_err());
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        assert_eq!(cookie(&headers), None);
        headers.append(COOKIE, HeaderValue::from_static("a=b; canteend=0f; c"));
        assert_eq!(cookie(&headers), Some("0f"));
        headers.insert(COOKIE, HeaderValue::from_static("xcanteend=1; canteend2=2"));
        assert_eq!(cookie(&headers), None);
    }
}
