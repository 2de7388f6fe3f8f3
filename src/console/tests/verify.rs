//! The screen of a verification: verdicts first, rows by key, values only when asked for.

use super::{Desk, fixture};
use crate::console::msg::{Cmd, Msg, Ticket};
use crate::protocol::{ComparedView, DifferenceView, Reply, RequestBody, Snapshot};

/// A verification under way: one table differs.
pub fn compared() -> Snapshot {
    let mut shot = fixture::crm();
    "verify".clone_into(&mut shot.job.kind);
    for (number, table) in shot.tables.iter_mut().enumerate() {
        let differs = number == 2;
        let mut found = ComparedView { chunks_equal: table.chunks_done, ..ComparedView::default() };
        if differs {
            found = ComparedView { chunks_differ: 1, different: 1, missing: 9, differs, ..found };
        }
        table.compared = Some(found.clone());
    }
    let all =
        ComparedView { chunks_equal: 3_634, chunks_differ: 1, differs: true, ..Default::default() };
    shot.job.compared = Some(all);
    shot
}

fn asked(desk: &mut Desk) -> Vec<RequestBody> {
    let cmds = std::mem::take(&mut desk.cmds);
    let bodies = cmds.into_iter().filter_map(|cmd| match cmd {
        Cmd::Request { body, ticket: Ticket::Differences { .. } } => Some(body),
        _ => None,
    });
    bodies.collect()
}

#[test]
fn tables_that_differ_come_first_and_values_only_on_request() {
    for (columns, rows) in [(80, 24), (120, 40)] {
        let mut desk = Desk::attached(columns, rows, compared());
        desk.keys("v").pass(100);
        let frame = desk.frame();
        assert!(frame.contains("3,634 equal") && frame.contains("1 differ"), "{frame}");
        let first = frame.lines().find(|line| line.contains("crm.")).unwrap_or_default();
        assert!(first.contains("x crm.customers"), "{frame}");
        let body = RequestBody::Differences { table: 2, limit: 200 };
        assert_eq!(asked(&mut desk), [body]);
        let row = DifferenceView {
            table: "crm.customers".to_owned(),
            chunk: 82,
            change: "different".to_owned(),
            key: "id 4711".to_owned(),
            columns: vec!["email".to_owned()],
            values: Vec::new(),
        };
        let reply = Reply::Differences { table: 2, rows: vec![row.clone()] };
        desk.msg(Msg::Reply {
            ticket: Ticket::Differences { with_values: false },
            reply: Ok(reply),
        });
        let frame = desk.frame();
        assert!(frame.contains("different  id 4711  (email)"), "{frame}");
        desk.keys("V");
        assert_eq!(asked(&mut desk), [RequestBody::Values { table: 2, limit: 200 }]);
        let values = vec![("email".to_owned(), Some("a@x".to_owned()), None)];
        let reply = Reply::Differences { table: 2, rows: vec![DifferenceView { values, ..row }] };
        desk.msg(Msg::Reply {
            ticket: Ticket::Differences { with_values: true },
            reply: Ok(reply),
        });
        let frame = desk.frame();
        assert!(frame.contains("email: a@x | NULL"), "{frame}");
    }
}

#[test]
fn a_copy_has_no_such_screen_and_says_what_to_do() {
    let mut desk = Desk::attached(80, 24, fixture::crm());
    let frame = desk.keys("v").frame();
    assert!(frame.contains("tidegate verify crm-nov"), "{frame}");
}
