pub(super) fn draw(_: &super::graph::Graph) -> String {
    "<svg".into()
}
