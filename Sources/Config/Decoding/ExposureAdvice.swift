/// Secrets that every user of the machine can read.
///
/// It is no error: what is open has been read already if anybody wanted to, and a daemon that does not start for it delivers nothing.
struct ExposureAdvice {
    let context: DecodingContext

    func reportAlarms() {
        if let secret = self.context.writtenSecret, self.context.surroundings.isOpenToAll(self.context.file) {
            self.context.alarm(
                at: secret.place,
                secret.path,
                "is a secret, and every user of this machine can read this file (\"chmod o-r\" ends that; it is better to change the "
                    + "secret, and to keep it elsewhere)"
            )
        }
        for (place, path, file) in self.context.openFiles {
            self.context.alarm(
                at: place,
                path,
                "every user of this machine can read the file \(Quoted(file)), which holds a secret (\"chmod o-r\" ends that; it is "
                    + "better to change the secret too)"
            )
        }
    }
}
