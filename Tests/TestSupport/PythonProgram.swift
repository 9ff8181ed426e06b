import Foundation

/// The programs in Python beside this file, with the libraries that `scripts/install-dependencies` puts into `.build/python`.
enum PythonProgram {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a program: a JSON value in, a JSON list out.
    ///
    /// - Throws: when there is no Python, or not with the libraries, or the list has another number of elements.
    static func answers<Answer: Decodable>(
        of name: String,
        to question: some Encodable,
        count: Int
    ) async throws -> [Answer] {
        let input = String(decoding: try JSONEncoder().encode(question), as: UTF8.self)
        let program = TestProgram.start(
            command: [Self.python, "-I", Self.directory.appendingPathComponent(name).path],
            input: input
        )
        let end = await program.end()
        guard end == .status(0) else {
            throw Failed(description: "\(Self.python) (scripts/install-dependencies makes it): \(end)\n\(program.errors)")
        }
        let answers = try JSONDecoder().decode([Answer].self, from: Data(program.output.utf8))
        guard answers.count == count else { throw Failed(description: "\(count) questions, \(answers.count) answers") }
        return answers
    }

    private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    private static let python = Self.directory.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent(".build/python/bin/python3").path
}
