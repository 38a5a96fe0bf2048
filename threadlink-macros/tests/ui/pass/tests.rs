use threadlink::process::ExitCode;

fn main() {}

mod facade {
    pub(crate) use threadlink as link;
}

#[threadlink::test]
#[ignore = "slow"]
#[should_panic(expected = "boom")]
fn marks_in_one_order() {
    panic!("boom");
}

#[should_panic]
#[threadlink::test(crate = facade::link)]
#[ignore]
fn marks_in_another() {
    panic!();
}

#[threadlink::test]
fn result() -> Result<(), String> {
    Ok(())
}

#[threadlink::test]
fn code() -> ExitCode {
    ExitCode::SUCCESS
}

#[threadlink::test]
fn r#loop() {}
