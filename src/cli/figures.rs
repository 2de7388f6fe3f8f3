//! Numbers as people read them: three digits for what moves, all of them for what is counted.

/// `8`, `999`, `40.2k`, `105M`, `2.1G`.
#[must_use]
pub fn count(n: u64) -> String {
    scaled(n, &["", "k", "M", "G", "T", "P", "E"])
}

/// `10.0 GB`.
#[must_use]
pub fn bytes(n: u64) -> String {
    scaled(n, &[" B", " kB", " MB", " GB", " TB", " PB", " EB"])
}

/// `71.0 MB/s`; a round limit is written round: `40 MB/s`.
#[must_use]
pub fn rate(bytes_per_s: u64) -> String {
    format!("{}/s", bytes(bytes_per_s).replace(".0 ", " "))
}

fn scaled(n: u64, units: &[&str]) -> String {
    if n < 1000 {
        return format!("{n}{}", units[0]);
    }
    let (mut amount, mut unit) = (n as f64, 0);
    // From 999.5 on it would be written 1000, which has four digits.
    while amount >= 999.5 && unit + 1 < units.len() {
        amount /= 1000.0;
        unit += 1;
    }
    match amount < 99.95 {
        true => format!("{amount:.1}{}", units[unit]),
        false => format!("{amount:.0}{}", units[unit]),
    }
}

/// `1,171`.
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 chunk`, `2 chunks`.
#[must_use]
pub fn counted(n: u64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {one}s", grouped(n)) }
}

/// `0:42`, `12:07`, `1:02:03`.
#[must_use]
pub fn short_time(ms: u64) -> String {
    let seconds = ms / 1000;
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{rest:02}"),
        hours => format!("{hours}:{minutes:02}:{rest:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_as_people_read_them() {
        for (n, text) in [(0, "0"), (999, "999"), (999_960, "1.0M"), (105_000_000, "105M")] {
            assert_eq!(count(n), text);
        }
        assert_eq!(rate(40_000_000), "40 MB/s");
        assert_eq!(bytes(10_000_000_000), "10.0 GB");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(2_000, "row"), "2,000 rows");
        assert_eq!(short_time(3_723_000), "1:02:03");
    }
}
