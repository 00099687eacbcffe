//! Addresses of cities.

use super::SendError;
use reqwest::Url;
use std::fmt;

/// Where a city is. Without TLS only on this machine, for demo and tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CityUrl(Url);

impl CityUrl {
    /// Reads `https://HOST[:PORT]`, or `http://` with a loopback address.
    ///
    /// # Errors
    /// [`SendError::Address`].
    pub fn parse(text: &str) -> Result<Self, SendError> {
        let bad = || SendError::Address(text.to_owned());
        let url = Url::parse(text).map_err(|_| bad())?;
        let host = url.host_str().ok_or_else(bad)?;
        let loopback = matches!(host, "127.0.0.1" | "[::1]" | "localhost");
        let scheme = url.scheme() == "https" || (url.scheme() == "http" && loopback);
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if scheme && bare { Ok(CityUrl(url)) } else { Err(bad()) }
    }

    /// Host, with the port where it is not the scheme's own: what `@authority` covers.
    pub(super) fn authority(&self) -> String {
        let host = self.0.host_str().expect("checked when it was read");
        match self.0.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    pub(super) fn to(&self, path: &str, query: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url.set_query(Some(query).filter(|q| !q.is_empty()));
        url
    }
}

impl fmt::Display for CityUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_tls_or_stays_on_this_machine() {
        for good in [
            "https://city.example",
            "https://city.example:8443",
            "http://127.0.0.1:9",
            "http://[::1]:9",
        ] {
            assert_eq!(CityUrl::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "",
            "city.example",
            "http://city.example",
            "http://10.0.0.1",
            "ftp://127.0.0.1",
            "https://city.example/api",
            "https://user:word@city.example",
            "https://city.example/?a=b",
            "https://city.example/#a",
            "http://127.0.0.1.city.example",
        ] {
            assert!(matches!(CityUrl::parse(bad), Err(SendError::Address(_))), "{bad}");
        }
    }

    #[test]
    fn the_authority_leaves_out_the_schemes_own_port() {
        let authority = |url| CityUrl::parse(url).unwrap().authority();
        assert_eq!(authority("https://City.Example:443"), "city.example");
        assert_eq!(authority("https://city.example:8443"), "city.example:8443");
        assert_eq!(authority("http://[::1]:9"), "[::1]:9");
    }
}
