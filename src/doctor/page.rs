//! The touchscreen's page: whether it is served where the configuration says.

use super::{Check, Finding};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// Longest wait for a connection on this machine.
const CONNECT_MAX: Duration = Duration::from_secs(1);

/// Whether the running daemon serves the page at `listen`, or could where none runs.
pub(super) fn look(listen: Option<SocketAddr>, serving: bool) -> Finding {
    let Some(address) = listen else {
        return Check::Page.ok("switched off (kiosk.listen)");
    };
    let free = "find the program that uses it (ss -ltnp), or set kiosk.listen to another port";
    match (serving, TcpStream::connect_timeout(&address, CONNECT_MAX).is_ok()) {
        (true, true) => Check::Page.ok(format!("served at http://{address}/")),
        (true, false) => {
            Check::Page.fault(format!("the daemon runs and does not serve http://{address}/"), free)
        }
        (false, true) => Check::Page.fault(format!("another program answers at {address}"), free),
        (false, false) => match TcpListener::bind(address) {
            Ok(_) => Check::Page.ok(format!("{address} is free for it")),
            Err(problem) => Check::Page.fault(format!("{address}: {problem}"), free),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_page_is_served_or_could_be_or_its_port_is_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().ok();
        assert_eq!(look(address, true).verdict, Verdict::Ok);
        assert_eq!(look(address, false).verdict, Verdict::Fault);
        drop(listener);
        assert_eq!(look(address, true).verdict, Verdict::Fault);
        assert_eq!(look(address, false).verdict, Verdict::Ok);
        assert_eq!(look(None, true).verdict, Verdict::Ok);
    }
}
