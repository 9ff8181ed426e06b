/// Why a text is not what it should be: the part of a diagnostic behind the key, `must be … (write …)`.
///
/// Never holds the text itself where that can be a secret.
package struct TextProblem: Error, Hashable {
    package let message: String

    init(_ message: String) {
        self.message = message
    }
}
