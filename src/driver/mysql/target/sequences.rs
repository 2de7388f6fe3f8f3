//! Next numbers: AUTO_INCREMENT positions, and the sequences of MariaDB.

use super::ledger::Ledger;
use super::link::Line;
use super::session::Claim;
use crate::core::catalog::Sequence;
use crate::core::fault::Fault;
use crate::core::name::Dialect;
use crate::core::sql;
use crate::driver::{LedgerKey, Written};

/// Sets each to its position. ALTER TABLE commits by itself, and setting twice does no harm: the
/// ledger row is written at the end.
pub(super) async fn place(
    line: &mut Line,
    ledger: &Ledger,
    key: LedgerKey,
    sequences: &[Sequence],
) -> Result<Written, Fault> {
    match Claim::open(line, ledger, key).await? {
        Claim::AlreadyDone(before) => return Ok(before),
        Claim::Ours => line.statement("ROLLBACK").await?,
    };
    for sequence in sequences {
        for statement in statements(sequence) {
            line.statement(statement).await?;
        }
    }
    match Claim::open(line, ledger, key).await? {
        Claim::AlreadyDone(before) => Ok(before),
        Claim::Ours => Claim::close(line, ledger, key, sequences.len() as u64).await,
    }
}

fn statements(sequence: &Sequence) -> Vec<String> {
    match &sequence.owner {
        Some((table, _)) => {
            let next = sequence.last_value.saturating_add(i64::from(sequence.is_called));
            // InnoDB never goes below the largest number that is there.
            let next = if next < 1 { 1 } else { next };
            let name = sql::qualified(Dialect::Mysql, table);
            vec![format!("ALTER TABLE {name} AUTO_INCREMENT = {next}")]
        }
        None => {
            let name = sql::qualified(Dialect::Mysql, &sequence.name);
            let (value, used) = (sequence.last_value, u8::from(sequence.is_called));
            // SETVAL goes forward only; a sequence that counts down, or stood further, begins
            // anew first.
            vec![
                format!("ALTER SEQUENCE {name} RESTART WITH {value}"),
                format!("DO SETVAL({name}, {value}, {used})"),
            ]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::name::ObjectName;

    #[test]
    fn a_position_becomes_the_next_number() {
        let name = ObjectName::new("s", "q");
        let mut sequence =
            Sequence { name: name.clone(), owner: None, last_value: 41, is_called: true };
        assert_eq!(
            statements(&sequence),
            ["ALTER SEQUENCE `s`.`q` RESTART WITH 41", "DO SETVAL(`s`.`q`, 41, 1)"]
        );
        sequence.owner = Some((ObjectName::new("s", "t"), "id".to_owned()));
        assert_eq!(statements(&sequence), ["ALTER TABLE `s`.`t` AUTO_INCREMENT = 42"]);
        sequence.is_called = false;
        assert_eq!(statements(&sequence), ["ALTER TABLE `s`.`t` AUTO_INCREMENT = 41"]);
        sequence.last_value = i64::MAX;
        sequence.is_called = true;
        let last = format!("ALTER TABLE `s`.`t` AUTO_INCREMENT = {}", i64::MAX);
        assert_eq!(statements(&sequence), [last]);
    }
}
