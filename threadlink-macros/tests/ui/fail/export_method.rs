struct Program;

impl Program {
    #[threadlink::export]
    pub fn render(&self) {}
}

fn main() {
    Program.render();
}
