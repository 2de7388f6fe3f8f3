//! Dates and times back to ISO text, from the numbers that [`super::moment`] makes of them.

const DAY_US: i64 = 86_400_000_000;
/// Days from 0000-03-01, where Hinnant's calendar begins, to 2000-01-01.
const ERA_DAYS: i64 = 730_425;

/// Astronomical year, month and day of a number of days since 2000-01-01 (Howard Hinnant's
/// `civil_from_days`).
#[must_use]
pub fn civil_of(days: i64) -> (i64, i64, i64) {
    let z = days + ERA_DAYS;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

/// `YYYY-MM-DD`; more digits for years beyond 9999, and a minus before years below 0.
pub fn put_date(days: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil_of(days);
    if year < 0 {
        out.push(b'-');
    }
    let year = year.unsigned_abs();
    if year > 9999 {
        out.extend_from_slice(itoa::Buffer::new().format(year).as_bytes());
    } else {
        put_two(year / 100, out);
        put_two(year % 100, out);
    }
    out.push(b'-');
    put_two(month.unsigned_abs(), out);
    out.push(b'-');
    put_two(day.unsigned_abs(), out);
}

/// `HH:MM:SS`, with as many digits of the fraction as it takes, from microseconds not below zero.
pub fn put_clock(micros: i64, out: &mut Vec<u8>) {
    let seconds = micros.unsigned_abs() / 1_000_000;
    let hours = seconds / 3600;
    if hours > 99 {
        out.extend_from_slice(itoa::Buffer::new().format(hours).as_bytes());
    } else {
        put_two(hours, out);
    }
    out.push(b':');
    put_two(seconds / 60 % 60, out);
    out.push(b':');
    put_two(seconds % 60, out);
    put_fraction(micros.unsigned_abs() % 1_000_000, out);
}

/// `.` and the digits of a fraction in microseconds, without zeros at the end; nothing for zero.
pub(super) fn put_fraction(micros: u64, out: &mut Vec<u8>) {
    if micros == 0 {
        return;
    }
    out.push(b'.');
    let mut rest = micros;
    let mut unit = 100_000;
    while rest > 0 {
        out.push(digit(rest / unit));
        rest %= unit;
        unit /= 10;
    }
}

/// `YYYY-MM-DD HH:MM:SS[.f]` of microseconds since 2000-01-01.
pub fn put_timestamp(micros: i64, out: &mut Vec<u8>) {
    put_date(micros.div_euclid(DAY_US), out);
    out.push(b' ');
    put_clock(micros.rem_euclid(DAY_US), out);
}

fn put_two(value: u64, out: &mut Vec<u8>) {
    out.push(digit(value / 10));
    out.push(digit(value % 10));
}

fn digit(value: u64) -> u8 {
    b'0' + u8::try_from(value % 10).expect("a digit is below ten")
}

#[cfg(test)]
mod tests {
    use super::super::super::value::WireForm::CopyText;
    use super::super::moment::{parse_date, parse_timestamp};
    use super::*;

    #[test]
    fn text_of_moments() {
        for text in ["2000-01-01 00:00:00", "1999-12-31 23:59:59.5", "0001-01-01 00:00:00.000001"] {
            let moment = parse_timestamp(text.as_bytes(), CopyText).unwrap();
            let mut out = Vec::new();
            put_timestamp(moment.micros, &mut out);
            assert_eq!(out, text.as_bytes());
        }
        let mut out = Vec::new();
        put_date(i64::from(parse_date(b"10000-02-29", CopyText).unwrap_or(0)), &mut out);
        put_clock(838 * 3_600_000_000, &mut out);
        assert_eq!(out, b"10000-02-29838:00:00");
    }

    #[test]
    fn every_day_is_itself() {
        for days in (-2_451_545..3_000_000).step_by(97) {
            let (year, month, day) = civil_of(days);
            if (1..=9999).contains(&year) {
                let text = format!("{year:04}-{month:02}-{day:02}");
                assert_eq!(parse_date(text.as_bytes(), CopyText), Ok(days as i32), "{text}");
            }
        }
    }
}
