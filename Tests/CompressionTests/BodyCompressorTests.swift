import CZlib
import CZstd
import Testing

@testable import Compression

/// Bodies come out of the libraries' own decompression as they went in.
@Suite("Compression of bodies")
struct BodyCompressorTests {
    private static func compressed(_ body: [UInt8], by compressor: BodyCompressor) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: compressor.bound(body.count))
        let count = try #require(
            body.withUnsafeBytes { body in output.withUnsafeMutableBytes { compressor.compress(body, into: $0) } }
        )
        return Array(output[..<count])
    }

    private static func decompressed(_ bytes: [UInt8], _ format: BodyCompressor.Format, atMost limit: Int) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: limit + 1)
        var bytes = bytes
        let count: Int
        switch format {
        case .zstd:
            count = ZSTD_decompress(&output, output.count, bytes, bytes.count)
            try #require(ZSTD_isError(count) == 0)
        case .gzip:
            var stream = z_stream()
            try #require(stan_inflate_init_gzip(&stream) == Z_OK)
            defer { inflateEnd(&stream) }
            let result = bytes.withUnsafeMutableBufferPointer { input in
                output.withUnsafeMutableBufferPointer { output in
                    stream.next_in = input.baseAddress
                    stream.avail_in = uInt(input.count)
                    stream.next_out = output.baseAddress
                    stream.avail_out = uInt(output.count)
                    return inflate(&stream, Z_FINISH)
                }
            }
            try #require(result == Z_STREAM_END)
            count = Int(stream.total_out)
        }
        return Array(output[..<count])
    }

    @Test(
        "whatever goes in comes out, of many bodies one after the other and of none",
        arguments: BodyCompressor.Format.allCases
    )
    func roundTrip(format: BodyCompressor.Format) throws {
        let compressor = try #require(BodyCompressor(format))
        var bodies: [[UInt8]] = [[], [0], Array("hello, hello, hello".utf8), Array(repeating: 0x20, count: 1_000_000)]
        var generator = SystemRandomNumberGenerator()
        bodies.append((0..<100_000).map { _ in UInt8.random(in: 0...255, using: &generator) })
        for body in bodies + bodies {
            let bytes = try Self.compressed(body, by: compressor)
            #expect(try Self.decompressed(bytes, format, atMost: body.count) == body)
        }
    }

    @Test("what repeats itself becomes small", arguments: BodyCompressor.Format.allCases)
    func small(format: BodyCompressor.Format) throws {
        let compressor = try #require(BodyCompressor(format))
        let body = Array(String(repeating: #"{"order": 17, "state": "shipped"}"#, count: 100).utf8)
        #expect(try Self.compressed(body, by: compressor).count < body.count / 10)
    }

    @Test("too little room is a failure, and the next body is none the worse for it", arguments: BodyCompressor.Format.allCases)
    func noRoom(format: BodyCompressor.Format) throws {
        let compressor = try #require(BodyCompressor(format))
        let body = Array("a body that does not fit into four bytes".utf8)
        var room: [UInt8] = [0, 0, 0, 0]
        #expect(body.withUnsafeBytes { body in room.withUnsafeMutableBytes { compressor.compress(body, into: $0) } } == nil)
        let bytes = try Self.compressed(body, by: compressor)
        #expect(try Self.decompressed(bytes, format, atMost: body.count) == body)
    }
}
