/// Looks after rotated files.
package protocol ArchiveTaking: Sendable {
    /// There are new ones of this path, or may be some from before. Returns at once.
    func take(archivesOf path: String)
}
