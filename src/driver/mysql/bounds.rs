//! Where to cut a table: the fullest stretch of its key is halved again and again. How full it is
//! the server estimates from a few pages of the index (EXPLAIN), and where its halves begin and
//! end are two look-ups in the same index: the table is not read.

use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use sqlx::{Column, Row};

use super::address::MysqlAddress;
use super::connect::{Session, number, text};
use super::key_shape::KeyShape;
use super::middle::{between, middle};
use crate::core::catalog::LogicalType;
use crate::core::chunk::{BoundsRequest, ChunkMethod, ChunkRange, KeyValues};
use crate::core::fault::Fault;
use crate::core::mapping::mysql_type;
use crate::core::name::Dialect;
use crate::core::sql::{KeyColumn, column_list, predicate, qualified, quote};

/// Stretches halved for each part wanted, and in all. Each takes four round trips.
const HALVINGS_PER_PART: u64 = 3;
const HALVINGS_MIN: u64 = 32;
const HALVINGS_MAX: u64 = 8_000;

/// Longest time for one table: over a slow line the cut is coarser.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Rows walked over in the index where a value between two others cannot be made up.
const WALK_MAX: u64 = 5_000;

/// Stretches with fewer rows are not halved.
const ROWS_MIN: f64 = 100.0;

/// Inner bounds that cut the table into about equal parts, in order. A bound may have fewer values
/// than the key has columns.
///
/// # Errors
/// As the server says.
pub(super) async fn bounds(
    address: &MysqlAddress,
    request: &BoundsRequest,
) -> Result<Vec<KeyValues>, Fault> {
    let ChunkMethod::Key { columns } = &request.method else { return Ok(Vec::new()) };
    if request.parts < 2 {
        return Ok(Vec::new());
    }
    let mut session = Session::open(address).await?;
    let shape = KeyShape::read(&mut session, &request.table, columns).await?;
    let mut line = Line::new(&mut session, request, &shape);
    let stretches = line.stretches(request.parts).await?;
    Ok(even_cuts(&stretches, request.parts, &line.types))
}

/// A table along its key.
struct Line<'a> {
    session: &'a mut Session,
    key: Vec<KeyColumn<'a>>,
    types: Vec<LogicalType>,
    /// `crm.t FORCE INDEX (PRIMARY)`.
    place: String,
    /// `crm.t USE INDEX (PRIMARY)`.
    place_estimated: String,
    /// The key's values as bounds spell them.
    values: String,
    order: String,
    order_down: String,
}

/// The rows from `first` (a row's key) to below `until`; `last` is the last row's key.
#[derive(Clone, Debug, PartialEq)]
struct Stretch {
    first: KeyValues,
    last: KeyValues,
    until: Option<KeyValues>,
    rows: f64,
    /// Cannot be halved.
    settled: bool,
    /// In order of the key.
    place: u128,
}

impl Eq for Stretch {}

impl Ord for Stretch {
    fn cmp(&self, other: &Stretch) -> std::cmp::Ordering {
        let weight = |s: &Stretch| if s.settled { -1.0 } else { s.rows };
        weight(self).total_cmp(&weight(other)).then(other.place.cmp(&self.place))
    }
}

impl PartialOrd for Stretch {
    fn partial_cmp(&self, other: &Stretch) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<'a> Line<'a> {
    fn new(session: &'a mut Session, request: &BoundsRequest, shape: &'a KeyShape) -> Line<'a> {
        // An index that goes up and then down gives no order that can be compared: as many columns
        // as go one way.
        let key: Vec<KeyColumn<'a>> = shape.key().into_iter().take(shape.one_way).collect();
        let types: Vec<LogicalType> = key.iter().map(|c| mysql_type(c.declared)).collect();
        let spelled = key.iter().zip(&types).map(|(column, logical)| {
            let name = quote(Dialect::Mysql, column.name);
            match logical {
                LogicalType::Bytes { .. } => format!("HEX({name})"),
                LogicalType::Bits { .. } => format!("{name} + 0"),
                _ => name,
            }
        });
        let values: Vec<String> = spelled.collect();
        let names = column_list(Dialect::Mysql, key.iter().map(|c| c.name));
        let down: Vec<String> =
            key.iter().map(|c| format!("{} DESC", quote(Dialect::Mysql, c.name))).collect();
        let table = qualified(Dialect::Mysql, &request.table);
        let index = shape.index.as_deref().map(|index| quote(Dialect::Mysql, index));
        let hinted = |how: &str| match &index {
            Some(index) => format!("{table} {how} INDEX ({index})"),
            None => table.clone(),
        };
        Line {
            session,
            key,
            types,
            place: hinted("FORCE"),
            place_estimated: hinted("USE"),
            values: values.join(", "),
            order: names,
            order_down: down.join(", "),
        }
    }

    /// `WHERE` of the rows from `from` to below `until`.
    fn condition(&self, from: Option<&KeyValues>, until: Option<&KeyValues>) -> String {
        let range = ChunkRange::Key { from: from.cloned(), until: until.cloned() };
        let text = predicate(Dialect::Mysql, &range, &self.key, "");
        text.map(|text| format!(" WHERE {text}")).unwrap_or_default()
    }

    async fn key_of(&mut self, sql: &str) -> Result<Option<KeyValues>, Fault> {
        let rows = self.session.rows(sql).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok((0..self.key.len()).map(|at| text(row, at)).collect())
    }

    async fn first(
        &mut self,
        from: Option<&KeyValues>,
        until: Option<&KeyValues>,
        skipped: u64,
    ) -> Result<Option<KeyValues>, Fault> {
        let (values, place, order) = (&self.values, &self.place, &self.order);
        let range = self.condition(from, until);
        let sql = format!(
            "SELECT {values} FROM {place}{range} ORDER BY {order} LIMIT 1 OFFSET {skipped}"
        );
        self.key_of(&sql).await
    }

    async fn last(
        &mut self,
        from: Option<&KeyValues>,
        until: Option<&KeyValues>,
    ) -> Result<Option<KeyValues>, Fault> {
        let (values, place, order) = (&self.values, &self.place, &self.order_down);
        let range = self.condition(from, until);
        let sql = format!("SELECT {values} FROM {place}{range} ORDER BY {order} LIMIT 1");
        self.key_of(&sql).await
    }

    /// About how many rows there are.
    async fn estimate(
        &mut self,
        from: &KeyValues,
        until: Option<&KeyValues>,
    ) -> Result<f64, Fault> {
        let range = self.condition(Some(from), until);
        // Not forced: MySQL does not look into an index that it has to use anyway.
        let (values, place) = (&self.values, &self.place_estimated);
        let sql = format!("EXPLAIN FORMAT=TRADITIONAL SELECT {values} FROM {place}{range}");
        let rows = self.session.rows(&sql).await?;
        let estimate = rows.first().and_then(|row| {
            let at = row.columns().iter().position(|c| c.name().eq_ignore_ascii_case("rows"))?;
            number::<f64>(row, at)
        });
        Ok(estimate.unwrap_or(1.0))
    }

    /// The key in stretches, in order.
    async fn stretches(&mut self, parts: u64) -> Result<Vec<Stretch>, Fault> {
        let began = Instant::now();
        let (first, last) = (self.first(None, None, 0).await?, self.last(None, None).await?);
        let (Some(first), Some(last)) = (first, last) else { return Ok(Vec::new()) };
        let rows = self.estimate(&first, None).await?;
        let whole =
            Stretch { settled: first == last, first, last, until: None, rows, place: 1 << 127 };
        let mut total = whole.rows;
        let mut stretches = BinaryHeap::from([whole]);
        let halvings = (parts.saturating_mul(HALVINGS_PER_PART)).clamp(HALVINGS_MIN, HALVINGS_MAX);
        for round in 0..halvings {
            let enough = total / (parts as f64 * 2.0);
            let fine = |s: &Stretch| s.settled || s.rows < ROWS_MIN || s.rows <= enough;
            if stretches.peek().is_none_or(fine) || round > 0 && began.elapsed() > TIME_LIMIT {
                break;
            }
            let Some(top) = stretches.pop() else { break };
            total -= top.rows;
            for half in self.halved(top).await? {
                total += half.rows;
                stretches.push(half);
            }
        }
        let mut ordered = stretches.into_vec();
        ordered.sort_by_key(|stretch| stretch.place);
        Ok(ordered)
    }

    /// Two stretches for one; itself, settled, when there is nothing between its ends.
    async fn halved(&mut self, mut whole: Stretch) -> Result<Vec<Stretch>, Fault> {
        for made_up in middle(&whole.first, &whole.last, &self.types) {
            if let Some(halves) = self.cut_at(&whole, &made_up).await? {
                return Ok(halves);
            }
        }
        let walked = (whole.rows / 2.0) as u64;
        let walked = if walked < WALK_MAX { walked } else { WALK_MAX };
        let beyond =
            self.first(Some(&whole.first.clone()), whole.until.clone().as_ref(), walked).await?;
        if let Some(key) = beyond.filter(|key| *key != whole.first)
            && let Some(halves) = self.cut_at(&whole, &key).await?
        {
            return Ok(halves);
        }
        whole.settled = true;
        Ok(vec![whole])
    }

    /// `None` when all rows lie on one side of `at`.
    async fn cut_at(
        &mut self,
        whole: &Stretch,
        at: &KeyValues,
    ) -> Result<Option<Vec<Stretch>>, Fault> {
        let Some(begin) = self.first(Some(at), whole.until.as_ref(), 0).await? else {
            return Ok(None);
        };
        let Some(end) = self.last(Some(&whole.first), Some(&begin)).await? else {
            return Ok(None);
        };
        let width = 1_u128 << (whole.place.trailing_zeros().saturating_sub(1));
        if whole.place.trailing_zeros() == 0 {
            return Ok(None);
        }
        let left = Stretch {
            rows: self.estimate(&whole.first, Some(&begin)).await?,
            settled: whole.first == end,
            first: whole.first.clone(),
            last: end,
            until: Some(begin.clone()),
            place: whole.place - width,
        };
        let right = Stretch {
            rows: self.estimate(&begin, whole.until.as_ref()).await?,
            settled: begin == whole.last,
            first: begin,
            last: whole.last.clone(),
            until: whole.until.clone(),
            place: whole.place + width,
        };
        Ok(Some(vec![left, right]))
    }
}

/// Bounds after each `total / parts` rows: within a stretch where numbers tell where that is, else
/// at its nearer end.
fn even_cuts(stretches: &[Stretch], parts: u64, types: &[LogicalType]) -> Vec<KeyValues> {
    let total: f64 = stretches.iter().map(|s| s.rows).sum();
    let mut cuts: Vec<KeyValues> = Vec::new();
    let (mut before, mut part) = (0.0, 1);
    for (at, stretch) in stretches.iter().enumerate() {
        while part < parts && total * part as f64 / parts as f64 <= before + stretch.rows {
            let share = (total * part as f64 / parts as f64 - before) / stretch.rows;
            part += 1;
            let next = stretches.get(at + 1).map(|s| s.first.clone());
            let own = (at > 0).then(|| stretch.first.clone());
            let inside = between(&stretch.first, &stretch.last, share, types);
            let nearer = if share < 0.5 { own } else { next };
            cuts.extend(inside.or(nearer));
        }
        before += stretch.rows;
    }
    cuts.dedup();
    // Nothing lies before the first row.
    cuts.retain(|cut| stretches.first().is_none_or(|s| *cut != s.first));
    cuts
}
