import NIOCore
import Testing

@testable import StanCore

@Suite("Acks")
struct AckTemplateTests {
    @Test("The bytes are those of a PUB line and an encoded Ack, at every length of the sequence", arguments: 0..<10)
    func bytes(_ length: Int) {
        let smallest: UInt64 = length == 0 ? 1 : 1 << UInt64(length * 7)
        let largest: UInt64 = length == 9 ? .max : (1 << UInt64(length * 7 + 7)) - 1
        for channel in ["f", "foo.bar", String(repeating: "c", count: 200)] {
            let template = AckTemplate(ackInbox: "_INBOX.a", channel: channel)
            for sequence in [smallest, smallest + 1, largest - 1, largest] {
                let ack = StanWire.Ack(subject: channel, sequence: sequence).encoded()
                var expected = ByteBuffer(string: "PUB _INBOX.a \(ack.readableBytes)\r\n")
                expected.writeImmutableBuffer(ack)
                expected.writeString("\r\n")
                var written = ByteBuffer()
                template.write(sequence, to: &written)
                #expect(written == expected)
            }
        }
    }
}
