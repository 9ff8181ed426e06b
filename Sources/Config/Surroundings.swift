/// What a config file may refer to outside itself: environment variables and files. Handed in, so that loading is a function
/// of its arguments.
package struct Surroundings: Sendable {
    /// The folder that relative paths are relative to: that of the config file.
    package let directory: String

    /// The value of an environment variable; nil when it is not set.
    package let variable: @Sendable (_ name: String) -> String?

    /// The content of a file, up to a limit in bytes.
    package let readFile: @Sendable (_ path: String, _ limit: Int) -> Result<[UInt8], FileProblem>

    /// Whether every user of the machine can read a file.
    package let isOpenToAll: @Sendable (_ path: String) -> Bool

    /// What this machine calls itself; nil when it is not known.
    package let hostName: String?

    package init(
        directory: String,
        variable: @escaping @Sendable (_ name: String) -> String? = { _ in nil },
        readFile: @escaping @Sendable (_ path: String, _ limit: Int) -> Result<[UInt8], FileProblem>,
        isOpenToAll: @escaping @Sendable (_ path: String) -> Bool = { _ in false },
        hostName: String? = nil
    ) {
        self.directory = directory
        self.variable = variable
        self.readFile = readFile
        self.isOpenToAll = isOpenToAll
        self.hostName = hostName
    }

    /// `path` itself when it is absolute, else below the config file's folder.
    func resolve(_ path: String) -> String {
        if path.utf8.first == UInt8(ascii: "/") || self.directory.isEmpty { return path }
        return self.directory.utf8.last == UInt8(ascii: "/") ? self.directory + path : "\(self.directory)/\(path)"
    }
}

/// Why a file could not be read, for people: `No such file or directory`.
package struct FileProblem: Error, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
