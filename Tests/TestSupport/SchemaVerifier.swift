/// What a validator of JSON Schema 2020-12 in Python makes of JSON texts.
package enum SchemaVerifier {
    private struct Question: Encodable {
        let schema: String
        let texts: [String]
    }

    /// Has all the texts looked at, in one run.
    ///
    /// - Parameter schema: the path of the schema.
    /// - Returns: for each text what the schema has against it, nil where it takes it.
    /// - Throws: when there is no Python, or not with the library, when the schema is none, or a text is no JSON.
    package static func complaints(of schema: String, about texts: [String]) async throws -> [String?] {
        try await PythonProgram.answers(of: "validate.py", to: Question(schema: schema, texts: texts), count: texts.count)
    }
}
