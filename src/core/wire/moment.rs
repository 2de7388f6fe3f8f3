//! Dates and times in ISO text to PostgreSQL's numbers: days and microseconds since 2000-01-01.
//!
//! Two kinds of text are read: what a SQLite user stores (four-digit years, the forms of SQLite's
//! own date functions) and what PostgreSQL prints (any year, `BC`, `infinity`). Nothing is rounded:
//! a seventh digit of the fraction, a leap second, a time zone where none can be kept or no time
//! zone where one is needed make the text unfit.

use super::super::value::WireForm;
use super::Unfit;
use super::zone::is_zero_date;

const DAY_US: i64 = 86_400_000_000;
/// Days from 1970-01-01 to 2000-01-01.
const EPOCH_DAYS: i64 = 10_957;

const NOT_DATE: Unfit = "the text is not an ISO date";
const NOT_TIME: Unfit = "the text is not an ISO time of day";
const NOT_TIMESTAMP: Unfit = "the text is not an ISO date and time";
const FINER: Unfit = "the time is finer than microseconds";
const RANGE: Unfit = "the date is out of PostgreSQL's range";
const ZERO: Unfit = "the value is a zero date, which only MySQL has";

/// 24 November 4714 BC, the first Julian day: where PostgreSQL's dates begin.
const DAYS_MIN: i64 = -2_451_545;

/// A parsed date with time: microseconds since 2000-01-01 00:00, as written, and the zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub micros: i64,
    /// Seconds east of UTC; `None` when the text names no zone.
    pub zone_s: Option<i32>,
}

impl Moment {
    /// Microseconds in UTC.
    ///
    /// # Errors
    /// When there is no zone or the moment is out of range.
    pub fn utc(self) -> Result<i64, Unfit> {
        let zone = self.zone_s.ok_or("the text names no time zone")?;
        if self.is_infinite() {
            return Ok(self.micros);
        }
        self.micros.checked_sub(i64::from(zone) * 1_000_000).ok_or(RANGE)
    }

    /// Microseconds on a clock without zone.
    ///
    /// # Errors
    /// When the text names a zone: dropping it would change the moment.
    pub fn local(self) -> Result<i64, Unfit> {
        match self.zone_s {
            None => Ok(self.micros),
            Some(_) if self.is_infinite() => Ok(self.micros),
            Some(_) => Err("the text names a time zone and the column keeps none"),
        }
    }

    pub(super) fn is_infinite(self) -> bool {
        self.micros == i64::MAX || self.micros == i64::MIN
    }
}

/// Reads from the front of a text.
struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    fn eat(&mut self, byte: u8) -> bool {
        let hit = self.rest.first() == Some(&byte);
        if hit {
            self.rest = &self.rest[1..];
        }
        hit
    }

    /// Exactly two digits.
    fn two(&mut self) -> Option<i64> {
        let [a, b, rest @ ..] = self.rest else { return None };
        if !a.is_ascii_digit() || !b.is_ascii_digit() {
            return None;
        }
        self.rest = rest;
        Some(i64::from(a - b'0') * 10 + i64::from(b - b'0'))
    }

    /// All digits at the front.
    fn digits(&mut self) -> &'a [u8] {
        let end = self.rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits
    }

    fn year(&mut self, form: WireForm) -> Option<i64> {
        let digits = self.digits();
        let lawful = match form {
            WireForm::Native | WireForm::MysqlText => digits.len() == 4,
            WireForm::CopyText => (4..=7).contains(&digits.len()),
        };
        lawful.then(|| digits.iter().fold(0, |n, d| n * 10 + i64::from(d - b'0')))
    }

    /// `YYYY-MM-DD` to year, month, day.
    fn civil(&mut self, form: WireForm) -> Option<(i64, i64, i64)> {
        let year = self.year(form)?;
        let month = self.eat(b'-').then(|| self.two())??;
        let day = self.eat(b'-').then(|| self.two())??;
        Some((year, month, day))
    }

    /// `HH:MM[:SS[.f...]]` to microseconds of the day.
    fn clock(&mut self, not: Unfit) -> Result<i64, Unfit> {
        let hour = self.two().ok_or(not)?;
        let minute = self.eat(b':').then(|| self.two()).flatten().ok_or(not)?;
        let mut second = 0;
        let mut fraction = 0;
        if self.eat(b':') {
            second = self.two().ok_or(not)?;
            if self.eat(b'.') {
                fraction = fraction_us(self.digits(), not)?;
            }
        }
        let whole = hour == 24 && minute == 0 && second == 0 && fraction == 0;
        if (hour > 23 && !whole) || minute > 59 || second > 59 {
            return Err(not);
        }
        Ok(((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction)
    }

    /// `Z`, `+HH`, `+HH:MM`, `+HH:MM:SS`, with one blank before it at most; `None` when no zone.
    fn zone(&mut self, not: Unfit) -> Result<Option<i32>, Unfit> {
        if self.rest.starts_with(b" Z") || self.rest.starts_with(b" +") {
            self.eat(b' ');
        }
        if self.eat(b'Z') || self.eat(b'z') {
            return Ok(Some(0));
        }
        let sign = match self.rest.first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Ok(None),
        };
        self.rest = &self.rest[1..];
        let mut seconds = self.two().ok_or(not)? * 3600;
        if self.eat(b':') {
            seconds += self.two().ok_or(not)? * 60;
            if self.eat(b':') {
                seconds += self.two().ok_or(not)?;
            }
        }
        // PostgreSQL's own limit is just below 16 hours.
        if seconds >= 16 * 3600 {
            return Err(not);
        }
        Ok(Some(sign * i32::try_from(seconds).expect("below a day")))
    }
}

fn fraction_us(digits: &[u8], not: Unfit) -> Result<i64, Unfit> {
    if digits.is_empty() {
        return Err(not);
    }
    if digits.iter().skip(6).any(|d| *d != b'0') {
        return Err(FINER);
    }
    let mut micros = 0;
    for place in 0..6 {
        micros = micros * 10 + digits.get(place).map_or(0, |d| i64::from(d - b'0'));
    }
    Ok(micros)
}

/// Days since 2000-01-01 (proleptic Gregorian; Howard Hinnant's `days_from_civil`). `None` when
/// there is no such day.
fn days_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    Some(era * 146_097 + doe - 719_468 - EPOCH_DAYS)
}

/// Splits ` BC` off the end of what PostgreSQL printed.
fn era(text: &[u8], form: WireForm) -> (&[u8], bool) {
    match text.strip_suffix(b" BC") {
        Some(rest) if form == WireForm::CopyText => (rest, true),
        _ => (text, false),
    }
}

/// Astronomical year: 1 BC is 0. A year 0 of SQLite or MySQL has no name in PostgreSQL's ISO text.
fn astronomical(year: i64, bc: bool) -> Option<i64> {
    match (bc, year) {
        (_, 0) => None,
        (true, year) => Some(1 - year),
        (false, year) => Some(year),
    }
}

fn infinity(text: &[u8], form: WireForm) -> Option<bool> {
    match text {
        b"infinity" if form == WireForm::CopyText => Some(true),
        b"-infinity" if form == WireForm::CopyText => Some(false),
        _ => None,
    }
}

/// `YYYY-MM-DD` to days since 2000-01-01; `i32::MAX` and `i32::MIN` are the infinities.
///
/// # Errors
/// Why the text is no date PostgreSQL holds.
pub fn parse_date(text: &[u8], form: WireForm) -> Result<i32, Unfit> {
    if let Some(positive) = infinity(text, form) {
        return Ok(if positive { i32::MAX } else { i32::MIN });
    }
    if form == WireForm::MysqlText && is_zero_date(text) {
        return Err(ZERO);
    }
    let (text, bc) = era(text, form);
    let mut scan = Scan { rest: text };
    let (year, month, day) = scan.civil(form).ok_or(NOT_DATE)?;
    if !scan.rest.is_empty() {
        return Err(NOT_DATE);
    }
    let year = astronomical(year, bc).ok_or(NOT_DATE)?;
    let days = days_of(year, month, day).ok_or(NOT_DATE)?;
    if days < DAYS_MIN || year > 5_874_897 {
        return Err(RANGE);
    }
    i32::try_from(days).map_err(|_| RANGE)
}

/// `HH:MM[:SS[.ffffff]]` with an optional zone, to microseconds of the day and seconds east.
///
/// # Errors
/// Why the text is no time of day.
pub fn parse_time(text: &[u8]) -> Result<(i64, Option<i32>), Unfit> {
    let mut scan = Scan { rest: text };
    let micros = scan.clock(NOT_TIME)?;
    let zone = scan.zone(NOT_TIME)?;
    if scan.rest.is_empty() { Ok((micros, zone)) } else { Err(NOT_TIME) }
}

/// `YYYY-MM-DD[( |T)HH:MM[:SS[.ffffff]][zone]]`. A date alone is midnight, as SQLite's own date
/// functions read it.
///
/// # Errors
/// Why the text is no moment PostgreSQL holds.
pub fn parse_timestamp(text: &[u8], form: WireForm) -> Result<Moment, Unfit> {
    if let Some(positive) = infinity(text, form) {
        let micros = if positive { i64::MAX } else { i64::MIN };
        return Ok(Moment { micros, zone_s: Some(0) });
    }
    if form == WireForm::MysqlText && is_zero_date(text) {
        return Err(ZERO);
    }
    let (text, bc) = era(text, form);
    let mut scan = Scan { rest: text };
    let (year, month, day) = scan.civil(form).ok_or(NOT_TIMESTAMP)?;
    let year = astronomical(year, bc).ok_or(NOT_TIMESTAMP)?;
    let days = days_of(year, month, day).ok_or(NOT_TIMESTAMP)?;
    let mut clock = 0;
    let mut zone_s = None;
    if !scan.rest.is_empty() {
        if !(scan.eat(b' ') || scan.eat(b'T')) {
            return Err(NOT_TIMESTAMP);
        }
        clock = scan.clock(NOT_TIMESTAMP)?;
        zone_s = scan.zone(NOT_TIMESTAMP)?;
    }
    // 24:00 is a time of day; as a moment it is the next day's midnight, spelled differently.
    if !scan.rest.is_empty() || clock == DAY_US {
        return Err(NOT_TIMESTAMP);
    }
    if days < DAYS_MIN || year > 294_276 {
        return Err(RANGE);
    }
    Ok(Moment { micros: days * DAY_US + clock, zone_s })
}

#[cfg(test)]
mod tests {
    use super::*;
    use WireForm::{CopyText, Native};

    #[test]
    fn dates_as_postgres_counts_them() {
        for (text, days) in [
            ("2000-01-01", 0),
            ("1999-12-31", -1),
            ("1970-01-01", -10_957),
            ("2024-02-29", 8825),
            ("0001-01-01", -730_119),
        ] {
            assert_eq!(parse_date(text.as_bytes(), Native), Ok(days), "{text}");
        }
        assert_eq!(parse_date(b"0044-03-15 BC", CopyText), Ok(-746_117));
        assert_eq!(parse_date(b"10000-01-01", CopyText), Ok(2_921_940));
        assert_eq!(parse_date(b"infinity", CopyText), Ok(i32::MAX));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for bad in [
            "",
            "2000-1-1",
            "2001-02-29",
            "2000-13-01",
            "0000-00-00",
            "infinity",
            "2000-01-01 ",
            "20000101",
            "2000-01-01 00:00",
            "now",
            "10000-01-01",
        ] {
            assert!(parse_date(bad.as_bytes(), Native).is_err(), "{bad}");
        }
    }

    #[test]
    fn timestamps_in_every_form_sqlite_reads() {
        let second = 1_000_000;
        for (text, micros) in [
            ("2000-01-01", 0),
            ("2000-01-01 00:01", 60 * second),
            ("2000-01-01T00:00:01", second),
            ("2000-01-01 00:00:00.000", 0),
            ("2000-01-01 00:00:00.123456", 123_456),
            ("2000-01-01 00:00:00.1234560", 123_456),
            ("1999-12-31 23:59:59.5", -500_000),
        ] {
            let moment = parse_timestamp(text.as_bytes(), Native).unwrap();
            assert_eq!(moment.local(), Ok(micros), "{text}");
        }
        let zoned = parse_timestamp(b"2000-01-01 02:00:00+02", CopyText).unwrap();
        assert_eq!(zoned.utc(), Ok(0));
        assert!(zoned.local().is_err(), "a zone is not dropped");
        assert!(parse_timestamp(b"2000-01-01", Native).unwrap().utc().is_err());
        assert!(parse_timestamp(b"2000-01-01 00:00:00.1234567", Native).is_err());
        assert!(parse_timestamp(b"2000-01-01 24:00:00", Native).is_err());
        assert!(parse_timestamp(b"2000-01-01 23:59:60", Native).is_err());
    }

    #[test]
    fn times_of_day() {
        assert_eq!(parse_time(b"24:00:00"), Ok((DAY_US, None)));
        assert_eq!(parse_time(b"01:02:03.5-03:30"), Ok((3_723_500_000, Some(-12_600))));
        assert!(parse_time(b"24:00:01").is_err());
        assert!(parse_time(b"1:02").is_err());
    }
}
