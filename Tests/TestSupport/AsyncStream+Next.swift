extension AsyncStream where Element: Sendable {
    /// The next element, for tests that look at them one by one.
    package func next() async -> Element? {
        for await element in self { return element }
        return nil
    }
}
