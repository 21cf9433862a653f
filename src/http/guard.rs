//! Keeps addresses that come from outside from leading inside.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Networks that are not the public internet (IANA's special-purpose registries), with the length of their prefix.
const INSIDE_V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 3),
];

/// Whether an address belongs to the public internet.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    !INSIDE_V4.iter().any(|(net, bits)| {
        let mask = u32::MAX << (32 - bits);
        ip.to_bits() & mask == Ipv4Addr::from(*net).to_bits()
    })
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    // An IPv4 address in other clothes is judged as what it is: mapped, 6to4, and through NAT64.
    let hidden = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            is_public_v4(hidden(high, low))
        }
        // Global unicast is 2000::/3; of it, 2001::/23 is for protocols and 2001:db8::/32 and 3fff::/20 for books.
        _ => {
            s[0] & 0xe000 == 0x2000
                && !(s[0] == 0x2001 && s[1] < 0x200)
                && !(s[0] == 0x2001 && s[1] == 0xdb8)
                && !(s[0] == 0x3fff && s[1] < 0x1000)
        }
    }
}

/// Checks an address from outside before it is called: `http` or `https`, no credentials, and where the host is a
/// number, a public one; names are judged when they are resolved, by what they resolve to.
pub fn outside_address(url: &Url) -> Result<(), String> {
    if !["http", "https"].contains(&url.scheme()) {
        return Err("expected an address that begins with https://".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address with a user name or password in it is not taken".into());
    }
    let ip = match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
        Some(Host::Domain(_)) => return Ok(()),
        None => return Err("an address without a host".into()),
    };
    if is_public(ip) { Ok(()) } else { Err(format!("{ip} is not a public address")) }
}

/// Resolves names to public addresses only. What was resolved is what is connected to, so that a name can't change in
/// between.
#[derive(Clone, Copy, Debug)]
pub struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                let none = format!("{} has no public address", name.as_str());
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, none).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_outside() {
        for (ip, public) in [
            ("8.8.8.8", true),
            ("140.82.112.3", true),
            ("172.32.0.1", true),
            ("100.128.0.1", true),
            ("2606:50c0:8000::153", true),
            ("64:ff9b::8.8.8.8", true),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("169.254.169.254", false),
            ("172.31.255.255", false),
            ("192.168.0.1", false),
            ("198.19.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("64:ff9b::a9fe:a9fe", false),
            ("2002:7f00:1::", false),
            ("fe80::1", false),
            ("fc00::1", false),
            ("ff02::1", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_public(ip.parse().unwrap()), public, "{ip}");
        }
    }

    #[test]
    fn numbers_that_lead_inside_are_refused_however_they_are_written() {
        for (url, taken) in [
            ("https://hooks.example.com/x", true),
            ("https://8.8.8.8/", true),
            ("http://127.0.0.1/", false),
            ("http://2130706433/", false),
            ("http://0x7f.1/", false),
            ("http://[::1]/", false),
            ("https://user:pass@example.com/", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(outside_address(&Url::parse(url).unwrap()).is_ok(), taken, "{url}");
        }
    }
}
