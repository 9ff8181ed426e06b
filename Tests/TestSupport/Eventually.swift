/// A condition that did not come true in time.
package struct ConditionNotMet: Error, CustomStringConvertible {
    package let description: String
}

/// Waits until a condition holds, asking again after short pauses; for what nobody announces.
///
/// - Parameters:
///   - limit: how long to wait. 10 s.
///   - what: the condition in words, for the failure.
/// - Throws: ``ConditionNotMet`` when the time is up, or what the condition throws.
package func eventually(
    within limit: Duration = .seconds(10),
    _ what: String = "the condition holds",
    file: StaticString = #fileID,
    line: UInt = #line,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw ConditionNotMet(description: "waited \(limit) in vain until \(what) (\(file):\(line))")
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
