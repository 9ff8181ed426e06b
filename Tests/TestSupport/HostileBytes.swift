/// What no NATS server would say.
package struct HostileBytes: Sendable, CustomStringConvertible {
    package let description: String
    package let text: String

    private init(_ description: String, _ text: String) {
        self.description = description
        self.text = text
    }

    /// A connection cannot be read on after any of these.
    package static let fatal = [
        Self("a message of a length that no number has", "MSG a 1 99999999999999999999999\r\n"),
        Self("a message of more than the largest length", "MSG a 1 67108865\r\n"),
        Self("headers longer than their message", "HMSG a 1 9 5\r\n"),
        Self("a message that goes on after its end", "MSG a 1 2\r\nabcdef\r\n"),
        Self("a line that does not end", "MSG " + String(repeating: "a", count: 512 * 1024)),
        Self("an INFO that is no JSON", "INFO {]\r\n"),
        Self("another protocol", "HTTP/1.1 200 OK\r\n\r\n"),
        Self("what only clients say", "SUB a 1\r\n"),
        Self("zeros", String(repeating: "\0", count: 1000) + "\r\n"),
        Self("an error that nobody knows", "-ERR 'the moon is full'\r\n"),
    ]

    /// Good lines that nobody has asked for, in a strange order.
    package static let harmless = Self(
        "lines in the wrong order",
        "PONG\r\nPONG\r\n+OK\r\nMSG nobody 99999 0\r\n\r\nHMSG nobody 99999 12 12\r\nNATS/1.0\r\n\r\n\r\nINFO {}\r\nPONG\r\nPING\r\n"
    )
}
