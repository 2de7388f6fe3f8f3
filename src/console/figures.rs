//! Numbers as people read them: three digits, no seconds in what stays on screen.

/// `8`, `999`, `40.2k`, `105M`, `2.1G`: a count in three digits.
#[must_use]
pub fn count(n: u64) -> String {
    scaled(n, &["", "k", "M", "G", "T", "P", "E"])
}

/// `71 MB/s`, `800 kB/s`.
#[must_use]
pub fn rate(bytes_per_s: u64) -> String {
    let text = scaled(bytes_per_s, &[" B/s", " kB/s", " MB/s", " GB/s", " TB/s", " PB/s", " EB/s"]);
    // A slider at 40 says 40, not 40.0.
    text.replace(".0 ", " ")
}

/// Speeds in the unit of the largest, which is named once.
#[must_use]
pub fn rates<const N: usize>(bytes_per_s: [u64; N]) -> ([String; N], &'static str) {
    const UNITS: [&str; 5] = ["B/s", "kB/s", "MB/s", "GB/s", "TB/s"];
    let mut unit = 0;
    let mut scale = 1.0_f64;
    let largest = bytes_per_s.iter().copied().fold(0, |a, b| if a > b { a } else { b });
    while largest as f64 / scale >= 999.5 && unit + 1 < UNITS.len() {
        scale *= 1000.0;
        unit += 1;
    }
    let texts = bytes_per_s.map(|n| {
        let amount = n as f64 / scale;
        let text = if amount < 99.95 { format!("{amount:.1}") } else { format!("{amount:.0}") };
        text.strip_suffix(".0").unwrap_or(&text).to_owned()
    });
    (texts, UNITS[unit])
}

/// `10.0 GB`.
#[must_use]
pub fn bytes(n: u64) -> String {
    scaled(n, &[" B", " kB", " MB", " GB", " TB", " PB", " EB"])
}

/// For narrow columns: `9.4M` bytes a second; `-` for nothing.
#[must_use]
pub fn rate_short(bytes_per_s: u64) -> String {
    if bytes_per_s == 0 { "-".to_owned() } else { count(bytes_per_s) }
}

/// `8.0`: megabytes a second, for a column whose head names the unit.
#[must_use]
pub fn megabytes(bytes_per_s: u64) -> String {
    let mb = bytes_per_s as f64 / 1e6;
    if mb < 99.95 { format!("{mb:.1}") } else { format!("{mb:.0}") }
}

fn scaled(n: u64, units: &[&str]) -> String {
    if n < 1000 {
        return format!("{n}{}", units[0]);
    }
    let mut amount = n as f64;
    let mut unit = 0;
    // 999.5 and more would be written 1000, which has four digits.
    while amount >= 999.5 && unit + 1 < units.len() {
        amount /= 1000.0;
        unit += 1;
    }
    if amount < 99.95 {
        format!("{amount:.1}{}", units[unit])
    } else {
        format!("{amount:.0}{}", units[unit])
    }
}

/// `1,171`.
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// How long something has run, for places that stay: `0h09m`, `1h12m`, `3d04h`; never seconds.
#[must_use]
pub fn elapsed(ms: u64) -> String {
    let minutes = ms / 60_000;
    if minutes < 1 {
        "<1 min".to_owned()
    } else if minutes < 60 * 48 {
        format!("{}h{:02}m", minutes / 60, minutes % 60)
    } else {
        format!("{}d{:02}h", minutes / 1440, minutes / 60 % 24)
    }
}

/// `0:42`, `12:07`, `1:02:03`: for lists that change anyway.
#[must_use]
pub fn short_time(ms: u64) -> String {
    let s = ms / 1000;
    if s < 3600 {
        format!("{}:{:02}", s / 60, s % 60)
    } else {
        format!("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
    }
}

/// `14:31:02` where the console stands.
#[must_use]
pub fn clock(ms: i64, utc_offset_s: i32) -> String {
    let s = (ms.div_euclid(1000) + i64::from(utc_offset_s)).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

/// `14:31`.
#[must_use]
pub fn clock_minutes(ms: i64, utc_offset_s: i32) -> String {
    clock(ms, utc_offset_s)[..5].to_owned()
}

/// `Fri 13:19`.
#[must_use]
pub fn day_clock(ms: i64, utc_offset_s: i32) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let days = (ms.div_euclid(1000) + i64::from(utc_offset_s)).div_euclid(86_400);
    let day = usize::try_from(days.rem_euclid(7)).unwrap_or(0);
    format!("{} {}", DAYS[day], clock_minutes(ms, utc_offset_s))
}

/// `2 chunks`, `1 chunk`.
#[must_use]
pub fn counted(n: u64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {one}s", grouped(n)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_three_digits() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1.0k"),
            (40_214, "40.2k"),
            (99_949, "99.9k"),
            (123_456, "123k"),
            (999_499, "999k"),
            (999_960, "1.0M"),
            (105_000_000, "105M"),
            (2_100_000_000, "2.1G"),
        ] {
            assert_eq!(count(n), text);
        }
        assert_eq!(rate(71_000_000), "71 MB/s");
        assert_eq!(bytes(10_000_000_000), "10.0 GB");
        let (texts, unit) = rates([88_000_000, 71_250_000, 0]);
        assert_eq!((texts.join(" ").as_str(), unit), ("88 71.2 0", "MB/s"));
    }

    #[test]
    fn times_and_dates() {
        assert_eq!(elapsed(72 * 60_000), "1h12m");
        assert_eq!(elapsed(59_000), "<1 min");
        assert_eq!(elapsed(50 * 3_600_000), "2d02h");
        assert_eq!(short_time(42_000), "0:42");
        assert_eq!(short_time(3_723_000), "1:02:03");
        assert_eq!(clock(1_795_185_076_000, 3600), "15:31:16");
        assert_eq!(day_clock(1_795_185_076_000, 0), "Fri 14:31");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
