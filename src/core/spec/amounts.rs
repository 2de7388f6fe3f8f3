//! Sizes, rates and thread counts as an operator types them.

use super::super::chunk::{CHUNK_BYTES_MAX, CHUNK_BYTES_MIN};
use super::THREADS_CEILING;

/// `32MiB`, `40 MB`, `128k`, `1g`, `65536`. Units: k M G T are 1000, with `i` 1024.
///
/// # Errors
/// The sentence to show.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
    let split = compact.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(compact.len());
    let (digits, unit) = compact.split_at(split);
    let number: f64 =
        digits.parse().map_err(|_| format!("{text:?} is not a size; try 32MiB or 500k"))?;
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "ki" | "kib" => 1024.0,
        "mi" | "mib" => 1024.0 * 1024.0,
        "gi" | "gib" => 1024.0 * 1024.0 * 1024.0,
        "ti" | "tib" => 1024.0_f64.powi(4),
        other => return Err(format!("{other:?} is not a unit; use k, M, G or KiB, MiB, GiB")),
    };
    let bytes = number * factor;
    if !(bytes.is_finite() && (0.0..1e18).contains(&bytes)) {
        return Err(format!("{text:?} is out of range"));
    }
    Ok(bytes.round() as u64)
}

/// A span of time in milliseconds: `250ms`, `30s`, `5m`, `2h`, `1d`, `1.5h`; `90` is seconds.
///
/// # Errors
/// What a span looks like.
pub fn parse_span(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let factor = match unit.trim() {
        "ms" => 1.0,
        "" | "s" => 1_000.0,
        "m" | "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return Err(format!("{text:?} is no span of time like 30s, 5m, 2h")),
    };
    match number.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((number * factor).round() as u64),
        _ => Err(format!("{text:?} is no span of time like 30s, 5m, 2h")),
    }
}

/// A chunk size: `parse_bytes` within the lawful range.
///
/// # Errors
/// The sentence to show.
pub fn parse_chunk_size(text: &str) -> Result<u64, String> {
    let bytes = parse_bytes(text)?;
    if (CHUNK_BYTES_MIN..=CHUNK_BYTES_MAX).contains(&bytes) {
        Ok(bytes)
    } else {
        Err(format!("chunk size {text:?} is not between 64KiB and 4GiB"))
    }
}

/// `40MB/s`, `40 MB`, `none`, `off`. `None` means no limit.
///
/// # Errors
/// The sentence to show; 0 is refused because it would stop the copy without pausing the job.
pub fn parse_rate(text: &str) -> Result<Option<u64>, String> {
    let trimmed = text.trim();
    if matches!(trimmed.to_ascii_lowercase().as_str(), "none" | "off" | "unlimited") {
        return Ok(None);
    }
    let amount = trimmed.strip_suffix("/s").unwrap_or(trimmed);
    match parse_bytes(amount)? {
        0 => Err("0 would stop the copy but not the job; pause it instead".to_owned()),
        bytes => Ok(Some(bytes)),
    }
}

/// A thread count from 1 to `max`.
///
/// # Errors
/// The sentence to show.
pub fn parse_threads(text: &str, max: u32) -> Result<u32, String> {
    let number: u32 =
        text.trim().parse().map_err(|_| format!("{text:?} is not a number of threads"))?;
    if number == 0 {
        return Err("0 would stop the copy but not the job. Press p to pause.".to_owned());
    }
    let ceiling = if max < THREADS_CEILING { max } else { THREADS_CEILING };
    if number > ceiling {
        return Err(format!("max is {ceiling}"));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_as_people_type_them() {
        for (text, ms) in [
            ("90", 90_000),
            ("250ms", 250),
            ("30m", 1_800_000),
            ("1.5h", 5_400_000),
            ("1d", 86_400_000),
        ] {
            assert_eq!(parse_span(text), Ok(ms), "{text}");
        }
        for bad in ["", "h", "-1s", "2 weeks", "soon"] {
            assert!(parse_span(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_as_people_type_them() {
        for (text, bytes) in
            [("32MiB", 33_554_432), ("40 MB", 40_000_000), ("1g", 1_000_000_000), ("65536", 65_536)]
        {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
        for bad in ["", "MB", "-1", "1x", "1e99"] {
            assert!(parse_bytes(bad).is_err(), "{bad}");
        }
        assert!(parse_chunk_size("1k").is_err());
    }

    #[test]
    fn rates_and_threads_refuse_zero() {
        assert_eq!(parse_rate("40MB/s"), Ok(Some(40_000_000)));
        assert_eq!(parse_rate("none"), Ok(None));
        assert!(parse_rate("0").is_err());
        assert!(parse_threads("0", 32).is_err());
        assert!(parse_threads("33", 32).is_err());
        assert_eq!(parse_threads("32", 32), Ok(32));
    }
}
