//! Addresses that people send to customers.

/// Why an address cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressFault {
    /// It begins with neither `http://` nor `https://`.
    Scheme,
    /// Blanks, Chinese or other characters that an address has only in escaped form.
    Characters,
    /// No domain stands where it belongs, or none that there can be.
    Host,
    /// A name before the domain, which makes `https://bank.com@evil.com` look like the bank's.
    User,
}

/// Checks an address: http or https, in the escaped form, of a host whose name customers can see.
pub(super) fn check(url: &str) -> Result<(), AddressFault> {
    let (scheme, rest) = url.split_once("://").ok_or(AddressFault::Scheme)?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(AddressFault::Scheme);
    }
    // A backslash is a slash to browsers: the host would be another than the one that was checked.
    let legal = |byte: u8| byte.is_ascii_graphic() && !br#"\"<>`"#.contains(&byte);
    if !rest.bytes().all(legal) {
        return Err(AddressFault::Characters);
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(AddressFault::User);
    }
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    if !port.is_empty() && port.parse::<u16>().is_err() {
        return Err(AddressFault::Host);
    }
    let label = |label: &str| {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(legal) && !label.starts_with('-')
    };
    let is_name = host.contains('.') && host.len() <= 253 && host.split('.').all(label);
    if is_name { Ok(()) } else { Err(AddressFault::Host) }
}
