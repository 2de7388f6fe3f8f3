//! The table of contents of a `pg_dump` custom-format archive.
//!
//! Pure: bytes in, entries out. Layout from PostgreSQL's `pg_backup_archiver.c` (`ReadHead`,
//! `ReadToc`) and `pg_backup_custom.c`; versions 1.12 (PostgreSQL 9.0) to 1.16 (17 and 18). Only
//! the contents are read: data blocks follow them and a schema-only archive has none.

/// Archive versions this parser was written for, inclusive.
const VERSION_MIN: (u8, u8) = (1, 12);
const VERSION_MAX: (u8, u8) = (1, 16);

/// Longest string believed: a definition is never larger than a value can be.
const STRING_BYTES_MAX: usize = 1 << 30;

/// `pg_dump`'s sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TocSection {
    /// Comments and privileges: where their object is.
    None,
    PreData,
    Data,
    PostData,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TocEntry {
    pub dump_id: u32,
    /// Catalogue and oid of the object, 0 when it has none of its own.
    pub class_oid: u32,
    pub oid: u32,
    /// `orders`, `orders orders_pkey`, `TABLE orders`: see `pg_dump`'s `.tag`.
    pub tag: String,
    /// `TABLE`, `INDEX`, `FK CONSTRAINT`, ...
    pub kind: String,
    pub section: TocSection,
    pub definition: String,
    pub schema: String,
    pub tablespace: String,
    pub access_method: String,
    /// `pg_class.relkind`, from 1.16 on.
    pub relkind: Option<char>,
    pub owner: String,
    pub depends_on: Vec<u32>,
}

/// An archive's head and contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Archive {
    pub version: (u8, u8),
    pub server_version: String,
    pub dump_version: String,
    pub entries: Vec<TocEntry>,
}

/// Why an archive cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ArchiveError {
    #[error("this is not an archive of pg_dump")]
    NotAnArchive,
    #[error("archive version {0}.{1} of pg_dump is not known here (1.12 to 1.16 are)")]
    UnknownVersion(u8, u8),
    #[error("the archive is not in custom format")]
    NotCustom,
    #[error("the archive ends too early")]
    Truncated,
    #[error("the archive is damaged at byte {0}")]
    Damaged(usize),
    #[error("a name or definition in the archive is not UTF-8")]
    NotUtf8,
}

/// Reads head and contents.
///
/// # Errors
/// When the bytes are not such an archive, or of a version that is not known.
pub(super) fn parse(bytes: &[u8]) -> Result<Archive, ArchiveError> {
    let mut reader = Reader { bytes, at: 0, version: (0, 0), int_size: 4, offset_size: 8 };
    if reader.take(5)? != b"PGDMP" {
        return Err(ArchiveError::NotAnArchive);
    }
    let (major, minor, _revision) = (reader.byte()?, reader.byte()?, reader.byte()?);
    reader.version = (major, minor);
    if reader.version < VERSION_MIN || reader.version > VERSION_MAX {
        return Err(ArchiveError::UnknownVersion(major, minor));
    }
    reader.int_size = reader.byte()?;
    reader.offset_size = reader.byte()?;
    if !(1..=8).contains(&reader.int_size) || reader.offset_size > 8 {
        return Err(ArchiveError::Damaged(reader.at));
    }
    // 1: custom; 3 tar, 5 directory.
    if reader.byte()? != 1 {
        return Err(ArchiveError::NotCustom);
    }
    if reader.version >= (1, 15) {
        reader.byte()?; // compression algorithm
    } else {
        reader.int()?; // compression level
    }
    for _ in 0..7 {
        reader.int()?; // second, minute, hour, day, month, year, daylight saving
    }
    reader.string()?; // database
    let server_version = reader.string()?.unwrap_or_default();
    let dump_version = reader.string()?.unwrap_or_default();
    let count = reader.int()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        entries.push(reader.entry()?);
    }
    Ok(Archive { version: reader.version, server_version, dump_version, entries })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    version: (u8, u8),
    int_size: u8,
    offset_size: u8,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ArchiveError> {
        let end = self.at.checked_add(count).ok_or(ArchiveError::Damaged(self.at))?;
        let taken = self.bytes.get(self.at..end).ok_or(ArchiveError::Truncated)?;
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, ArchiveError> {
        Ok(self.take(1)?[0])
    }

    /// A sign byte and `int_size` bytes, least first.
    fn int(&mut self) -> Result<i64, ArchiveError> {
        let negative = self.byte()? != 0;
        let at = self.at;
        let mut magnitude: u64 = 0;
        for (i, byte) in self.take(usize::from(self.int_size))?.iter().enumerate() {
            magnitude |= u64::from(*byte) << (8 * i);
        }
        let value = i64::try_from(magnitude).map_err(|_| ArchiveError::Damaged(at))?;
        Ok(if negative { -value } else { value })
    }

    /// A length and that many bytes; a negative length is no string.
    fn string(&mut self) -> Result<Option<String>, ArchiveError> {
        let Ok(length) = usize::try_from(self.int()?) else { return Ok(None) };
        if length > STRING_BYTES_MAX {
            return Err(ArchiveError::Damaged(self.at));
        }
        let text = std::str::from_utf8(self.take(length)?).map_err(|_| ArchiveError::NotUtf8)?;
        Ok(Some(text.to_owned()))
    }

    fn text(&mut self) -> Result<String, ArchiveError> {
        Ok(self.string()?.unwrap_or_default())
    }

    fn number(&mut self) -> Result<u32, ArchiveError> {
        let at = self.at;
        let text = self.text()?;
        if text.is_empty() { Ok(0) } else { text.parse().map_err(|_| ArchiveError::Damaged(at)) }
    }

    fn entry(&mut self) -> Result<TocEntry, ArchiveError> {
        let at = self.at;
        let dump_id = u32::try_from(self.int()?).map_err(|_| ArchiveError::Damaged(at))?;
        self.int()?; // has data
        let (class_oid, oid) = (self.number()?, self.number()?);
        let (tag, kind) = (self.text()?, self.text()?);
        let section = match self.int()? {
            2 => TocSection::PreData,
            3 => TocSection::Data,
            4 => TocSection::PostData,
            _ => TocSection::None,
        };
        let definition = self.text()?;
        self.string()?; // drop statement
        self.string()?; // copy statement
        let (schema, tablespace) = (self.text()?, self.text()?);
        let access_method = if self.version >= (1, 14) { self.text()? } else { String::new() };
        let relkind = if self.version >= (1, 16) { Some(self.int()?) } else { None };
        let owner = self.text()?;
        self.string()?; // WITH OIDS, of tables before PostgreSQL 12
        let depends_on = self.dependencies()?;
        // Where the entry's data begins: a flag and an offset.
        self.take(1 + usize::from(self.offset_size))?;
        Ok(TocEntry {
            dump_id,
            class_oid,
            oid,
            tag,
            kind,
            section,
            definition,
            schema,
            tablespace,
            access_method,
            relkind: relkind.and_then(|k| u8::try_from(k).ok()).filter(|k| *k > 0).map(char::from),
            owner,
            depends_on,
        })
    }

    /// Dump ids as strings, ended by no string.
    fn dependencies(&mut self) -> Result<Vec<u32>, ArchiveError> {
        let mut ids = Vec::new();
        loop {
            let at = self.at;
            match self.string()? {
                None => return Ok(ids),
                Some(text) => ids.push(text.parse().map_err(|_| ArchiveError::Damaged(at))?),
            }
        }
    }
}

#[cfg(test)]
impl TocEntry {
    /// An entry of the section before the rows that belongs to nobody.
    pub fn of(dump_id: u32, kind: &str, schema: &str, tag: &str) -> TocEntry {
        TocEntry {
            dump_id,
            class_oid: 0,
            oid: 0,
            tag: tag.to_owned(),
            kind: kind.to_owned(),
            section: TocSection::PreData,
            definition: format!("CREATE {kind};\n"),
            schema: schema.to_owned(),
            tablespace: String::new(),
            access_method: String::new(),
            relkind: None,
            owner: "ana".to_owned(),
            depends_on: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes archives as `pg_dump` does, for versions whose programs are not at hand.
    struct Writer {
        bytes: Vec<u8>,
        version: (u8, u8),
    }

    impl Writer {
        fn new(version: (u8, u8), entries: i64) -> Writer {
            let mut writer = Writer { bytes: b"PGDMP".to_vec(), version };
            writer.bytes.extend([version.0, version.1, 0, 4, 8, 1]);
            if version >= (1, 15) {
                writer.bytes.push(0)
            } else {
                writer.int(-1)
            }
            (0..7).for_each(|n| writer.int(n));
            for text in ["crm", "16.4 (Debian)", "17.2"] {
                writer.string(Some(text));
            }
            writer.int(entries);
            writer
        }

        fn int(&mut self, value: i64) {
            self.bytes.push(u8::from(value < 0));
            self.bytes.extend(u32::try_from(value.abs()).unwrap().to_le_bytes());
        }

        fn string(&mut self, text: Option<&str>) {
            self.int(text.map_or(-1, |t| i64::try_from(t.len()).unwrap()));
            self.bytes.extend(text.unwrap_or_default().as_bytes());
        }

        fn entry(&mut self, entry: &TocEntry) {
            self.int(i64::from(entry.dump_id));
            self.int(0);
            self.string(Some(&entry.class_oid.to_string()));
            self.string(Some(&entry.oid.to_string()));
            self.string(Some(&entry.tag));
            self.string(Some(&entry.kind));
            self.int(match entry.section {
                TocSection::None => 1,
                TocSection::PreData => 2,
                TocSection::Data => 3,
                TocSection::PostData => 4,
            });
            self.string(Some(&entry.definition));
            self.string(Some("DROP"));
            self.string(None);
            self.string(Some(&entry.schema));
            self.string(Some(&entry.tablespace));
            if self.version >= (1, 14) {
                self.string(Some(&entry.access_method));
            }
            if self.version >= (1, 16) {
                self.int(entry.relkind.map_or(0, |k| i64::from(u32::from(k))));
            }
            self.string(Some(&entry.owner));
            self.string(Some("false"));
            for id in &entry.depends_on {
                self.string(Some(&id.to_string()));
            }
            self.string(None);
            self.bytes.extend([0; 9]);
        }

        fn finish(self) -> Vec<u8> {
            self.bytes
        }
    }

    #[test]
    fn every_known_version_is_read() {
        for minor in 12..=16 {
            let mut table = TocEntry::of(7, "TABLE", "crm", "orders");
            table.depends_on = vec![3, 4];
            table.access_method = if minor >= 14 { "heap".to_owned() } else { String::new() };
            table.relkind = (minor >= 16).then_some('r');
            let mut writer = Writer::new((1, minor), 1);
            writer.entry(&table);
            let archive = parse(&writer.finish()).unwrap();
            assert_eq!(archive.version, (1, minor));
            assert_eq!(archive.server_version, "16.4 (Debian)");
            assert_eq!(archive.entries, vec![table]);
        }
    }

    #[test]
    fn what_is_not_such_an_archive_is_named() {
        assert_eq!(parse(b"PG"), Err(ArchiveError::Truncated));
        assert_eq!(parse(b"-- PostgreSQL"), Err(ArchiveError::NotAnArchive));
        let future = Writer::new((1, 17), 0).finish();
        assert_eq!(parse(&future), Err(ArchiveError::UnknownVersion(1, 17)));
        let mut tar = Writer::new((1, 14), 0).finish();
        tar[10] = 3;
        assert_eq!(parse(&tar), Err(ArchiveError::NotCustom));
    }

    #[test]
    fn an_archive_cut_anywhere_is_refused_and_never_panics() {
        let mut writer = Writer::new((1, 16), 2);
        writer.entry(&TocEntry::of(1, "TABLE", "s", "t"));
        writer.entry(&TocEntry::of(2, "INDEX", "s", "i"));
        let whole = writer.finish();
        for length in 0..whole.len() {
            assert!(parse(&whole[..length]).is_err(), "cut at {length}");
        }
        assert!(parse(&whole).is_ok());
    }
}
