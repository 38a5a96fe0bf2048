//! Actors that answer through channels which come with the question.
use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread;

enum Ask {
    Deposit {
        account: String,
        amount: i64,
    },
    Transfer {
        from: String,
        to: String,
        amount: i64,
        answer: SyncSender<Result<(), String>>,
    },
    Balance {
        account: String,
        answer: SyncSender<Option<i64>>,
    },
    Stop,
}

fn bank(inbox: Receiver<Ask>) -> BTreeMap<String, i64> {
    let mut accounts = BTreeMap::new();
    for ask in inbox {
        match ask {
            Ask::Deposit { account, amount } => *accounts.entry(account).or_default() += amount,
            Ask::Transfer {
                from,
                to,
                amount,
                answer,
            } => {
                let has = accounts.get(&from).copied().unwrap_or(0);
                let said = if has < amount {
                    Err(format!("{from} has {has}, not {amount}"))
                } else {
                    *accounts.get_mut(&from).unwrap() -= amount;
                    *accounts.entry(to).or_default() += amount;
                    Ok(())
                };
                answer.send(said).unwrap();
            }
            Ask::Balance { account, answer } => answer.send(accounts.get(&account).copied()).unwrap(),
            Ask::Stop => break,
        }
    }
    accounts
}

fn ask<T>(to: &Sender<Ask>, what: impl FnOnce(SyncSender<T>) -> Ask) -> T {
    let (send, receive) = mpsc::sync_channel(0);
    to.send(what(send)).unwrap();
    receive.recv().unwrap()
}

pub(crate) fn run() {
    let (to, inbox) = mpsc::channel();
    let actor = thread::Builder::new()
        .name("bank".into())
        .spawn(move || bank(inbox))
        .unwrap();
    let clients: Vec<_> = (0..8)
        .map(|n| {
            let to = to.clone();
            thread::spawn(move || {
                for _ in 0..50 {
                    to.send(Ask::Deposit {
                        account: format!("a{n}"),
                        amount: 3,
                    })
                    .unwrap();
                }
                ask(&to, |answer| Ask::Transfer {
                    from: format!("a{n}"),
                    to: "pot".into(),
                    amount: 100,
                    answer,
                })
            })
        })
        .collect();
    for c in clients {
        println!("{:?}", c.join().unwrap());
    }
    println!(
        "{:?}",
        ask(&to, |answer| Ask::Transfer {
            from: "a1".into(),
            to: "pot".into(),
            amount: 100,
            answer
        })
    );
    println!(
        "{:?}",
        ask(&to, |answer| Ask::Balance {
            account: "nobody".into(),
            answer
        })
    );
    to.send(Ask::Stop).unwrap();
    println!("{:#?}", actor.join().unwrap());
    println!("{:?}", to.send(Ask::Stop).map_err(|e| e.to_string()));
}
