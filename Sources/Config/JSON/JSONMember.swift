/// A key of a JSON object and its value.
struct JSONMember: Sendable {
    let key: String

    /// Where the key's opening quote stands.
    let place: SourcePlace

    let value: JSONValue
}
