//! Large objects: read with `lo_get`, which sees the snapshot and asks for no more privilege than
//! reading them needs, and written with `lo_put`.
//!
//! Page numbers count units of [`PAGE_BYTES`]; the data of a page may be longer than one unit.

use sqlx::postgres::PgConnection;

use super::connect::Link;
use crate::core::fault::{Fault, FaultKind};
use crate::driver::LargeObject;

/// The page of `pg_largeobject` on a server with 8 KiB blocks.
const PAGE_BYTES: i64 = 2048;

/// Read or written in one call.
const SLICE_BYTES: i64 = 1024 * 1024;

/// Read of every object of a batch in one query: most objects are smaller.
const FIRST_SLICE_BYTES: i64 = 64 * 1024;

/// Objects of one batch.
const OBJECTS_PER_BATCH: i64 = 100;

/// A batch ends when it holds this much. One object is never split: it is the unit of writing.
const BATCH_BYTES: usize = 16 * 1024 * 1024;

/// The next objects after `after_oid` in the order of their oids; none: there are no more.
pub(super) async fn read(
    link: &Link,
    on: &mut PgConnection,
    after_oid: u32,
) -> Result<Vec<LargeObject>, Fault> {
    let text = "SELECT m.oid::int8 AS oid, pg_catalog.lo_get(m.oid, 0, $3) AS head \
                FROM (SELECT oid FROM pg_catalog.pg_largeobject_metadata \
                      WHERE oid::int8 > $1 ORDER BY oid LIMIT $2) AS m ORDER BY m.oid";
    let heads = sqlx::query(text)
        .bind(i64::from(after_oid))
        .bind(OBJECTS_PER_BATCH)
        .bind(i32::try_from(FIRST_SLICE_BYTES).unwrap_or(i32::MAX))
        .fetch_all(&mut *on)
        .await
        .map_err(|e| link.fault(&e))?;
    let (mut objects, mut bytes) = (Vec::new(), 0);
    for row in &heads {
        if bytes >= BATCH_BYTES {
            break;
        }
        let oid: i64 = link.get(row, "oid")?;
        let head: Vec<u8> = link.get(row, "head")?;
        let mut pages = Vec::new();
        let mut offset = 0;
        let (mut slice, mut asked) = (head, FIRST_SLICE_BYTES);
        while !slice.is_empty() {
            let length = i64::try_from(slice.len()).unwrap_or(i64::MAX);
            bytes += slice.len();
            pages.push((i32::try_from(offset / PAGE_BYTES).unwrap_or(i32::MAX), slice));
            offset += length;
            slice = if length < asked { Vec::new() } else { get(link, on, oid, offset).await? };
            asked = SLICE_BYTES;
        }
        objects.push(LargeObject { oid: u32::try_from(oid).unwrap_or(0), pages });
    }
    Ok(objects)
}

async fn get(link: &Link, on: &mut PgConnection, oid: i64, offset: i64) -> Result<Vec<u8>, Fault> {
    let query = sqlx::query("SELECT pg_catalog.lo_get($1::int8::oid, $2, $3) AS data")
        .bind(oid)
        .bind(offset)
        .bind(i32::try_from(SLICE_BYTES).unwrap_or(i32::MAX));
    let row = query.fetch_one(on).await.map_err(|e| link.fault(&e))?;
    link.get(&row, "data")
}

/// Creates `object` under its oid. The caller knows that it is not there yet.
///
/// # Errors
/// `ObjectExists` when the target has an object of that oid which is not the job's.
pub(super) async fn write(
    link: &Link,
    on: &mut PgConnection,
    object: &LargeObject,
) -> Result<(), Fault> {
    let create = sqlx::query("SELECT pg_catalog.lo_create($1::int8::oid)");
    let created = create.bind(i64::from(object.oid)).execute(&mut *on).await;
    if let Err(error) = created {
        let fault = link.fault(&error);
        return Err(match fault.code.as_deref() {
            // Unique violation on pg_largeobject_metadata.
            Some("23505") => exists(link, object.oid),
            _ => fault.while_doing(&format!("large object {}", object.oid)),
        });
    }
    for (page, data) in &object.pages {
        sqlx::query("SELECT pg_catalog.lo_put($1::int8::oid, $2, $3)")
            .bind(i64::from(object.oid))
            .bind(i64::from(*page) * PAGE_BYTES)
            .bind(data)
            .execute(&mut *on)
            .await
            .map_err(|e| link.fault(&e).while_doing(&format!("large object {}", object.oid)))?;
    }
    Ok(())
}

fn exists(link: &Link, oid: u32) -> Fault {
    Fault::new(
        FaultKind::ObjectExists,
        link.side,
        format!("the target has a large object {oid} of its own"),
    )
    .with_hint("Remove it on the target (lo_unlink) or copy without large objects.")
}
