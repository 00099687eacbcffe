//! The way out: a route, and whether the city answers at its address.

use super::{Check, Finding};
use crate::city::identity::{self, IdentityError};
use crate::city::trust::{CityKeys, FormerKey};
use std::fs;
use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::time::Duration;

/// Longest wait for a connection to one address of the city.
const CONNECT_MAX: Duration = Duration::from_secs(3);
/// Most addresses of the city that are tried.
const ADDRESSES_MAX: usize = 4;

/// Whether there is a way out. A box without one serves; its batches wait.
pub(super) fn network() -> Finding {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    match leaves_by(&read("/proc/net/route"), &read("/proc/net/ipv6_route")) {
        Some(interface) => Check::Network.ok(format!("a way out by {interface}")),
        None => Check::Network.warning(
            "no way out; meals go on, batches and galleries wait",
            "check cable and router; see: ip route",
        ),
    }
}

/// The interface of the default route, in the kernel's tables for IPv4 and IPv6.
fn leaves_by(v4: &str, v6: &str) -> Option<String> {
    let v4 = v4.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace();
        let (interface, destination) = (fields.next()?, fields.next()?);
        let mask = fields.nth(5)?;
        (destination == "00000000" && mask == "00000000").then(|| interface.to_owned())
    });
    v4.or_else(|| {
        v6.lines().find_map(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            let [destination, prefix, .., interface] = fields[..] else { return None };
            let default = prefix == "00" && destination.bytes().all(|digit| digit == b'0');
            (default && interface != "lo").then(|| interface.to_owned())
        })
    })
}

/// Whether the box is enrolled, and whether the city can be reached.
pub(super) fn city(state: &Path) -> Finding {
    let pinned = match identity::pinned(state) {
        Ok(pinned) => pinned,
        Err(IdentityError::NotEnrolled(_)) => {
            return Check::City.warning(
                "the box is not enrolled; nothing is sent",
                "canteend provision --city URL --code CODE",
            );
        }
        Err(problem) => return Check::City.failed(problem),
    };
    let url = pinned.url.to_string();
    match reach(&url) {
        Ok(()) => Check::City.ok(format!("{url} answers; key {}", in_use(&pinned.keys))),
        Err(problem) => Check::City.warning(
            format!("{url}: {problem}"),
            "check the network and the address; canteend export carries batches by hand",
        ),
    }
}

/// The city's key, for comparing aloud, and since when it counts.
fn in_use(keys: &CityKeys) -> String {
    let key = keys.newest().fingerprint();
    match keys.former().last() {
        Some(FormerKey { until, .. }) => format!("{key}, since entry {until}"),
        None => key,
    }
}

/// Connects to the host of an address without a path, and lets go.
fn reach(url: &str) -> io::Result<()> {
    let (port, authority) = match url.split_once("://") {
        Some(("https", authority)) => (443, authority),
        Some((_, authority)) => (80, authority),
        None => (443, url),
    };
    let with_port = match authority.rsplit_once(':') {
        Some((_, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => authority.to_owned(),
        _ => format!("{authority}:{port}"),
    };
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in with_port.to_socket_addrs()?.take(ADDRESSES_MAX) {
        match TcpStream::connect_timeout(&address, CONNECT_MAX) {
            Ok(_) => return Ok(()),
            Err(problem) => last = problem,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str =
        "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n";

    #[test]
    fn the_way_out_is_the_default_route_of_either_table() {
        let local = "eth0 0002000A 00000000 0001 0 0 0 00FFFFFF 0 0 0\n";
        let out = "eth1 00000000 0100000A 0003 0 0 0 00000000 0 0 0\n";
        let zeros = "0".repeat(32);
        let v6 = |name| {
            format!("{zeros} 00 {zeros} 00 fe80 00000400 00000003 00000000 00000003 {name}\n")
        };
        assert_eq!(leaves_by(&format!("{HEADING}{local}{out}"), ""), Some("eth1".into()));
        assert_eq!(leaves_by(&format!("{HEADING}{local}"), &v6("eth2")), Some("eth2".into()));
        assert_eq!(leaves_by(&format!("{HEADING}{local}"), &v6("lo")), None);
        assert_eq!(leaves_by("", ""), None);
    }

    #[test]
    fn a_city_that_listens_is_reached_and_one_that_does_not_is_not() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        assert!(reach(&url).is_ok());
        drop(listener);
        assert!(reach(&url).is_err());
    }
}
