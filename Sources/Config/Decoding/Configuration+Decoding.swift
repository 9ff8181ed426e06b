extension Configuration {
    /// Checks the bytes of a config file.
    ///
    /// Never fails in any other way than by diagnostics, whatever the bytes are.
    ///
    /// - Parameters:
    ///   - bytes: the file's content.
    ///   - file: its name, for diagnostics.
    ///   - surroundings: where secrets come from, and what relative paths are relative to.
    package static func load(_ bytes: [UInt8], file: String, surroundings: Surroundings) -> LoadedConfiguration {
        let context = DecodingContext(file: file, surroundings: surroundings)
        var configuration: Configuration?
        do throws(JSONSyntaxError) {
            let root = Field(value: try JSONScanner.scan(bytes), path: .root, context: context)
            configuration = Self.decode(root)
        } catch {
            context.error(at: error.place, .root, error.message)
        }
        return LoadedConfiguration(
            configuration: context.hasErrors ? nil : configuration,
            diagnostics: context.sortedDiagnostics()
        )
    }

    /// Nil only where an error was reported.
    private static func decode(_ root: Field) -> Configuration? {
        guard let reader = root.object() else { return nil }
        _ = reader["$schema"]?.string()
        let natsField = reader["nats"]
        let nats = NATS.decode(natsField)
        let stanField = reader.required("stan", "an object with \"cluster_id\" and \"client_id\"")
        let stan = stanField.flatMap(Stan.decode)

        let sinksField = reader.required("sinks", "an object of named sinks")
        let routesField = reader.required("routes", "a list of routes")
        let sinks = sinksField.map(Sink.decodeAll) ?? Sink.All()
        let routes = routesField.map { Route.decodeAll($0, sinkNames: sinks.names) } ?? []

        let admin = reader["admin"].flatMap(Admin.decode)
        let log = Log.decode(reader["log"])
        let shutdownTimeout = reader["shutdown_timeout"]?.duration(in: .zero...Limits.day) ?? .seconds(30)
        let stateField = reader["state_dir"]
        let stateDirectory = stateField.map(Self.stateDirectory) ?? Self.stateDirectory(of: root.context.surroundings)
        reader.finish()

        let checks = CrossChecks(sinks: sinks.readable, routes: routes, clientID: stan?.clientID ?? "")
        checks.reportErrors()
        guard let stanField, let stan, !root.context.hasErrors else { return nil }
        // Advice on a file that is wrong anyway would only stand between the reader and the errors.
        Advice(nats: nats, natsField: natsField, stan: stan, stanField: stanField, sinks: sinks.readable, routes: routes)
            .reportWarnings()
        ExposureAdvice(context: root.context).reportAlarms()

        return Configuration(
            nats: nats,
            stan: stan,
            sinks: sinks.readable.map(\.value),
            routes: routes.map(\.value),
            admin: admin,
            log: log,
            shutdownTimeout: shutdownTimeout,
            stateDirectory: stateDirectory
        )
    }

    private static func stateDirectory(_ field: Field) -> String? {
        field.text("the path of a folder").map(field.context.surroundings.resolve)
    }

    /// The one that systemd made for the unit; of several, which it separates by colons, the first.
    private static func stateDirectory(of surroundings: Surroundings) -> String? {
        surroundings.variable("STATE_DIRECTORY")?.split(separator: ":").first.map(String.init)
    }
}
