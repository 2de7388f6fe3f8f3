//! The sample database of `tidegate demo`: a shop of any size, the same rows every time.
//!
//! It holds what a copy has to cope with: a table with most of the bytes, text keys, a table
//! WITHOUT ROWID, one without any key, foreign keys, indexes, views, a trigger, and text in many
//! scripts. The file appears under its name only when it is complete.

use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rusqlite::{Connection, Statement, params};

/// Tables and views.
const SCHEMA: &str = include_str!("../../assets/sql/sqlite/demo_schema.sql");
/// Indexes and the trigger.
const AFTER: &str = include_str!("../../assets/sql/sqlite/demo_after.sql");

/// Rows between two reports.
const REPORT_ROWS: u64 = 20_000;

/// The fewest rows that give every table some.
pub const ROWS_MIN: u64 = 1_000;
/// The most: some hundred gigabytes.
pub const ROWS_MAX: u64 = 10_000_000_000;

const COUNTRIES: &[(&str, &str)] = &[
    ("AT", "Österreich"),
    ("BR", "Brasil"),
    ("CN", "中国"),
    ("CZ", "Česko"),
    ("DE", "Deutschland"),
    ("EG", "مصر"),
    ("ES", "España"),
    ("FR", "France"),
    ("GB", "United Kingdom"),
    ("GR", "Ελλάδα"),
    ("IE", "Éire"),
    ("IL", "ישראל"),
    ("IN", "भारत"),
    ("IS", "Ísland"),
    ("JP", "日本"),
    ("KR", "대한민국"),
    ("NO", "Norge"),
    ("PL", "Polska"),
    ("RU", "Россия"),
    ("TH", "ประเทศไทย"),
    ("TR", "Türkiye"),
    ("UA", "Україна"),
    ("US", "United States"),
    ("VN", "Việt Nam"),
];

const FIRST_NAMES: &[&str] = &[
    "Ana",
    "Björk",
    "Chloé",
    "Đặng",
    "Émile",
    "Fatma",
    "Grzegorz",
    "Håkon",
    "İpek",
    "Jürgen",
    "Katya",
    "Łucja",
    "María",
    "Nguyễn",
    "Oļegs",
    "Přemysl",
    "Zoë",
    "Αλέξης",
    "Юлия",
    "さくら",
    "李",
    "אורי",
    "ليلى",
    "민준",
];

const LAST_NAMES: &[&str] = &[
    "Andersson",
    "Brontë",
    "Çelik",
    "Dvořák",
    "Eriksen",
    "García",
    "Horváth",
    "Ionescu",
    "Jóhannsson",
    "Kowalski",
    "Lefèvre",
    "Müller",
    "Nowák",
    "O'Brien",
    "Papadopoulos",
    "Quispe",
    "Rossi",
    "Šimić",
    "Țepeș",
    "Ünal",
    "Weiß",
    "Иванов",
    "田中",
    "김",
];

const WORDS: &[&str] = &[
    "amber", "brass", "cedar", "denim", "ebony", "flax", "granite", "hazel", "indigo", "jade",
    "kelp", "linen", "maple", "nickel", "oak", "pearl", "quartz", "rattan", "slate", "teak",
    "umber", "velvet", "walnut", "zinc",
];

const THINGS: &[&str] =
    &["chair", "lamp", "table", "clock", "kettle", "basket", "mirror", "shelf", "rug", "stool"];

const STATES: &[&str] = &["new", "paid", "packed", "sent", "delivered", "returned"];

const NOTES: &[&str] = &[
    "leave it with the neighbour",
    "gift, please wrap",
    "ring twice – the bell is tired",
    "bitte nicht knicken",
    "fragile ❄ keep upright",
    "second floor, left; l'ascenseur est en panne",
    "deliver between 08:00 and 10:00, otherwise call the number on the invoice",
];

/// Writes the shop with about `rows_total` rows to `path`, which must not exist.
/// `progress` gets the rows written and the rows in all.
///
/// # Errors
/// When there is a file already, or the system refuses.
pub fn make(
    path: &Path,
    rows_total: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> anyhow::Result<()> {
    anyhow::ensure!(!path.exists(), "{} is there already", path.display());
    let unfinished = Unfinished::beside(path);
    let shop = Shop::of(rows_total);
    {
        let mut connection = Connection::open(&unfinished.0)
            .with_context(|| format!("cannot create {}", unfinished.0.display()))?;
        // Nobody reads the file before it has its name, so a crash may leave it broken.
        connection.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; \
             PRAGMA cache_size = -65536;",
        )?;
        connection.execute_batch(SCHEMA)?;
        let mut writer = RowWriter { written: 0, total: shop.total(), progress };
        let transaction = connection.transaction()?;
        shop.fill(&transaction, &mut writer)?;
        transaction.execute_batch(AFTER)?;
        transaction.commit()?;
        let written = writer.written;
        (writer.progress)(written, written);
        connection.close().map_err(|(_, error)| error)?;
    }
    File::open(&unfinished.0)?.sync_all()?;
    std::fs::rename(&unfinished.0, path)
        .with_context(|| format!("cannot name the finished file {}", path.display()))?;
    Ok(())
}

/// A file that vanishes unless it got its name.
struct Unfinished(PathBuf);

impl Unfinished {
    fn beside(path: &Path) -> Unfinished {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.unfinished", std::process::id()));
        let unfinished = path.with_file_name(name);
        let _ = std::fs::remove_file(&unfinished);
        Unfinished(unfinished)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Numbers that look random and are the same every time (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to one less than `limit`.
    fn below(&mut self, limit: i64) -> i64 {
        i64::try_from(self.roll() % limit.unsigned_abs()).expect("below a number of 63 bits")
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len() as i64) as usize]
    }
}

struct RowWriter<'a> {
    written: u64,
    total: u64,
    progress: &'a mut dyn FnMut(u64, u64),
}

impl RowWriter<'_> {
    fn put(
        &mut self,
        statement: &mut Statement<'_>,
        values: impl rusqlite::Params,
    ) -> rusqlite::Result<()> {
        statement.execute(values)?;
        self.written += 1;
        if self.written.is_multiple_of(REPORT_ROWS) {
            (self.progress)(self.written, self.total);
        }
        Ok(())
    }
}

/// How many rows each table gets.
struct Shop {
    customers: i64,
    products: i64,
    stock_per_product: i64,
    orders: i64,
    lines: i64,
    visits: i64,
}

impl Shop {
    fn of(rows_total: u64) -> Shop {
        let total = i64::try_from(rows_total.clamp(ROWS_MIN, ROWS_MAX)).expect("63 bits");
        let share = |percent: i64| total / 100 * percent;
        let products = share(1).clamp(10, 50_000);
        Shop {
            customers: share(6),
            products,
            stock_per_product: 3,
            orders: share(18),
            lines: share(100 - 6 - 18 - 10) - products * 4,
            visits: share(10),
        }
    }

    fn total(&self) -> u64 {
        let shelves = self.products * (1 + self.stock_per_product);
        let rows = self.customers + shelves + self.orders + self.lines + self.visits;
        COUNTRIES.len() as u64 + rows.unsigned_abs()
    }

    fn fill(&self, connection: &Connection, out: &mut RowWriter<'_>) -> rusqlite::Result<()> {
        let mut dice = Dice(20_261_120);
        let mut insert = connection.prepare("INSERT INTO countries VALUES (?1, ?2)")?;
        for (code, name) in COUNTRIES {
            out.put(&mut insert, params![code, name])?;
        }
        self.people(connection, out, &mut dice)?;
        self.goods(connection, out, &mut dice)?;
        self.orders(connection, out, &mut dice)?;
        self.lines(connection, out, &mut dice)?;
        self.visits(connection, out, &mut dice)
    }

    fn people(
        &self,
        connection: &Connection,
        out: &mut RowWriter<'_>,
        dice: &mut Dice,
    ) -> rusqlite::Result<()> {
        let mut insert =
            connection.prepare("INSERT INTO customers VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        let (mut email, mut name, mut when) = (String::new(), String::new(), String::new());
        for id in 1..=self.customers {
            email.clear();
            let _ = write!(email, "{}.{}{id}@example.org", dice.pick(WORDS), dice.pick(THINGS));
            name.clear();
            let _ = write!(name, "{} {}", dice.pick(FIRST_NAMES), dice.pick(LAST_NAMES));
            moment(&mut when, dice);
            let country = COUNTRIES[dice.below(COUNTRIES.len() as i64) as usize].0;
            let newsletter = (dice.below(5) != 0).then(|| dice.below(2));
            out.put(&mut insert, params![id, email, name, country, newsletter, when])?;
        }
        Ok(())
    }

    fn goods(
        &self,
        connection: &Connection,
        out: &mut RowWriter<'_>,
        dice: &mut Dice,
    ) -> rusqlite::Result<()> {
        let mut product = connection.prepare("INSERT INTO products VALUES (?1, ?2, ?3, ?4, ?5)")?;
        let mut stock = connection.prepare("INSERT INTO stock VALUES (?1, ?2, ?3)")?;
        for number in 0..self.products {
            let name = format!("{} {}", dice.pick(WORDS), dice.pick(THINGS));
            let details = format!(
                "{{\"weight_g\": {}, \"tags\": [\"{}\"]}}",
                dice.below(9000),
                dice.pick(WORDS)
            );
            let picture: Vec<u8> = (0..dice.below(64)).map(|_| dice.roll() as u8).collect();
            let code = sku(number);
            let price = cents(99 + dice.below(50_000));
            out.put(&mut product, params![code, name, price, details, picture])?;
            for house in ["Amsterdam", "Београд", "Kyōto"] {
                out.put(&mut stock, params![house, code, dice.below(500)])?;
            }
        }
        Ok(())
    }

    fn orders(
        &self,
        connection: &Connection,
        out: &mut RowWriter<'_>,
        dice: &mut Dice,
    ) -> rusqlite::Result<()> {
        let mut insert = connection.prepare("INSERT INTO orders VALUES (?1, ?2, ?3, ?4, ?5)")?;
        let mut when = String::new();
        for id in 1..=self.orders {
            moment(&mut when, dice);
            let customer = 1 + dice.below(self.customers);
            let total = cents(dice.below(200_000));
            out.put(&mut insert, params![id, customer, when, dice.pick(STATES), total])?;
        }
        Ok(())
    }

    fn lines(
        &self,
        connection: &Connection,
        out: &mut RowWriter<'_>,
        dice: &mut Dice,
    ) -> rusqlite::Result<()> {
        let mut insert =
            connection.prepare("INSERT INTO order_lines VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for id in 1..=self.lines {
            let order = 1 + id * self.orders / (self.lines + 1);
            let note = (dice.below(3) == 0).then(|| dice.pick(NOTES));
            let code = sku(dice.below(self.products));
            let price = cents(99 + dice.below(50_000));
            out.put(&mut insert, params![id, order, code, 1 + dice.below(9), price, note])?;
        }
        Ok(())
    }

    fn visits(
        &self,
        connection: &Connection,
        out: &mut RowWriter<'_>,
        dice: &mut Dice,
    ) -> rusqlite::Result<()> {
        let mut insert = connection.prepare("INSERT INTO visits VALUES (?1, ?2, ?3)")?;
        let (mut when, mut page) = (String::new(), String::new());
        for _ in 0..self.visits {
            moment(&mut when, dice);
            page.clear();
            let _ =
                write!(page, "/{}/{}?q=ä{}", dice.pick(THINGS), dice.pick(WORDS), dice.below(1000));
            let customer = (dice.below(4) != 0).then(|| 1 + dice.below(self.customers));
            out.put(&mut insert, params![when, page, customer])?;
        }
        Ok(())
    }
}

fn sku(number: i64) -> String {
    let word = WORDS[(number % WORDS.len() as i64) as usize];
    format!("{}-{number:06}", &word[..3].to_uppercase())
}

fn cents(amount: i64) -> f64 {
    amount as f64 / 100.0
}

/// A second of the years 2021 to 2025, days 1 to 28.
fn moment(text: &mut String, dice: &mut Dice) {
    text.clear();
    let (day, second) = (dice.below(5 * 12 * 28), dice.below(86_400));
    let _ = write!(
        text,
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        2021 + day / (12 * 28),
        1 + day / 28 % 12,
        1 + day % 28,
        second / 3600,
        second / 60 % 60,
        second % 60
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(connection: &Connection, sql: &str) -> i64 {
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_small_shop_is_whole_and_the_same_every_time() {
        let directory = tempfile::tempdir().unwrap();
        let (first, second) = (directory.path().join("a.db"), directory.path().join("b.db"));
        let mut seen = Vec::new();
        make(&first, 50_000, &mut |done, total| seen.push((done, total))).unwrap();
        make(&second, 50_000, &mut |_, _| {}).unwrap();
        assert!(std::fs::read(&first).unwrap() == std::fs::read(&second).unwrap());
        assert!(make(&first, 50_000, &mut |_, _| {}).is_err(), "never overwritten");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2, "nothing is left over");

        let connection = Connection::open(&first).unwrap();
        let tables =
            ["countries", "customers", "products", "stock", "orders", "order_lines", "visits"];
        let rows: i64 = tables
            .iter()
            .map(|table| count(&connection, &format!("SELECT count(*) FROM {table}")))
            .sum();
        assert!((49_000..51_000).contains(&rows), "{rows}");
        assert_eq!(seen.last(), Some(&(rows.unsigned_abs(), rows.unsigned_abs())));
        assert_eq!(count(&connection, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
        let order_lines = count(&connection, "SELECT count(*) FROM order_lines");
        assert!(order_lines * 2 > rows, "one table has most of it");
        let whole: String =
            connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(whole, "ok");
    }
}
