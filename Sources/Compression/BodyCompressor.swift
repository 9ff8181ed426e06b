import CZlib
import CZstd

/// Compresses bodies, each by itself, with memory that is kept from one to the next. Not for use by two threads at once.
package final class BodyCompressor {
    package enum Format: String, Sendable, Hashable, CaseIterable {
        case gzip
        case zstd

        /// Its name in `Content-Encoding` (RFC 9110, section 8.4.1.3; RFC 8878, section 7.2).
        package var contentCoding: String { self.rawValue }
    }

    private enum Engine {
        case gzip(UnsafeMutablePointer<z_stream>)
        case zstd(OpaquePointer)
    }

    package let format: Format
    private let engine: Engine

    /// As much as the formats' own programs do by default.
    private static let gzipLevel: CInt = 6
    private static let zstdLevel: CInt = 3

    /// - Returns: nil when there is no memory for it, about 300 KiB with `gzip` and up to a few MiB with `zstd`.
    package init?(_ format: Format) {
        self.format = format
        switch format {
        case .gzip:
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            stream.initialize(to: z_stream())
            guard stan_deflate_init_gzip(stream, Self.gzipLevel) == Z_OK else {
                stream.deallocate()
                return nil
            }
            self.engine = .gzip(stream)
        case .zstd:
            guard let context = ZSTD_createCCtx() else { return nil }
            ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Self.zstdLevel)
            self.engine = .zstd(context)
        }
    }

    deinit {
        switch self.engine {
        case .gzip(let stream):
            deflateEnd(stream)
            stream.deallocate()
        case .zstd(let context):
            ZSTD_freeCCtx(context)
        }
    }

    /// The most bytes that `count` bytes can become.
    package func bound(_ count: Int) -> Int {
        switch self.engine {
        case .gzip(let stream):
            // Of a stream that has been ended zlib forgets the header.
            deflateReset(stream)
            return Int(deflateBound(stream, uLong(count)))
        case .zstd:
            return ZSTD_compressBound(count)
        }
    }

    /// Compresses `body` as a whole.
    ///
    /// - Parameter output: at least ``bound(_:)`` bytes for the body's count.
    /// - Returns: how many of them have been filled; nil when it could not be done, for lack of memory or of room.
    package func compress(_ body: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
        switch self.engine {
        case .gzip(let stream):
            // Counts of zlib have 32 bits; no body has as many.
            guard let room = uInt(exactly: output.count), let count = uInt(exactly: body.count) else { return nil }
            deflateReset(stream)
            stream.pointee.next_in = UnsafeMutablePointer(mutating: body.assumingMemoryBound(to: UInt8.self).baseAddress)
            stream.pointee.avail_in = count
            stream.pointee.next_out = output.assumingMemoryBound(to: UInt8.self).baseAddress
            stream.pointee.avail_out = room
            guard deflate(stream, Z_FINISH) == Z_STREAM_END else { return nil }
            return output.count - Int(stream.pointee.avail_out)
        case .zstd(let context):
            let count = ZSTD_compress2(context, output.baseAddress, output.count, body.baseAddress, body.count)
            return ZSTD_isError(count) == 0 ? count : nil
        }
    }
}
