//! The source's own statements.

use super::address::MysqlAddress;
use crate::core::fault::Fault;
use crate::driver::SchemaItems;

pub(super) async fn schema_items(_address: &MysqlAddress) -> Result<SchemaItems, Fault> {
    Ok(SchemaItems::default())
}
