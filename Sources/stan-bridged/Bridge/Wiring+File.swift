import Config
import Delivery
import NIOCore

extension Wiring {
    static func file(_ file: Configuration.FileSink) throws -> FileSink.Configuration {
        var result = FileSink.Configuration(path: try FilePathTemplate(file.path.text))
        result.format = Self.format(file.format)
        result.sync =
            switch file.sync {
            case .always: .always
            case .interval(let interval): .interval(TimeAmount(interval))
            case .never: .never
            }
        result.rotation = file.rotate.map(Self.rotation)
        result.mode = UInt32(file.mode)
        result.idleClose = TimeAmount(file.idleClose)
        result.maximumOpenFiles = file.maxOpen
        return result
    }

    private static func rotation(_ rotate: Configuration.FileSink.Rotate) -> FileSink.Configuration.Rotation {
        FileSink.Configuration.Rotation(
            size: rotate.size.map(Int64.init),
            every: rotate.every.map { TimeAmount($0) },
            keep: rotate.keep,
            maximumAge: rotate.maxAge.map { TimeAmount($0) },
            compression: Self.compression(rotate.compression)
        )
    }
}
