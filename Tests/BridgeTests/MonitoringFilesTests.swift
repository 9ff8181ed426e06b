import Foundation
import TestSupport
import Testing

@testable import stan_bridged

/// The alert rules and the dashboard in `etc`.
@Suite("Monitoring files")
struct MonitoringFilesTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The names of all series that the daemon has.
    private static var names: Set<String> {
        let text = MetricsText(StatusReportTests.status()).text
        return Set(
            text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { $0.firstMatch(of: /^[a-z_]+/)?.output }.map(
                String.init
            )
        )
    }

    @Test(
        "every metric that they name is one of the daemon's",
        arguments: ["etc/stan-bridged.rules.yml", "etc/grafana-dashboard.json"]
    )
    func names(path: String) throws {
        let names = Self.names
        let used = try Self.text(path).matches(of: /stan_bridged_[a-z_]+/).map { String($0.output) }
        #expect(used.count > 10)
        for name in used { #expect(names.contains(name), "\(path): there is no \(name)") }
    }

    @Test("the documentation has every metric, and every alarm")
    func documentation() throws {
        let page = try Self.text("docs/operating.md")
        for line in MetricsText(StatusReportTests.status()).text.split(separator: "\n") where line.hasPrefix("# TYPE ") {
            let name = line.split(separator: " ")[2]
            #expect(page.contains("`\(name.dropFirst("stan_bridged_".count))`"), "docs/operating.md says nothing of \(name)")
        }
        for match in try Self.text("etc/stan-bridged.rules.yml").matches(of: /- alert: ([A-Za-z]+)/) {
            #expect(page.contains("`\(match.output.1)`"), "docs/operating.md says nothing of \(match.output.1)")
        }
    }

    @Test("the dashboard is JSON, and no two of its panels lie over each other")
    func dashboard() throws {
        struct Dashboard: Decodable {
            struct Panel: Decodable {
                struct Position: Decodable { var x, y, w, h: Int }
                var id: Int
                var gridPos: Position
            }
            var panels: [Panel]
        }
        let data = try Data(contentsOf: Self.root.appendingPathComponent("etc/grafana-dashboard.json"))
        let panels = try JSONDecoder().decode(Dashboard.self, from: data).panels
        #expect(Set(panels.map(\.id)).count == panels.count)
        var taken: Set<[Int]> = []
        for panel in panels {
            let place = panel.gridPos
            #expect(place.x + place.w <= 24)
            for x in place.x..<(place.x + place.w) {
                for y in place.y..<(place.y + place.h) { #expect(taken.insert([x, y]).inserted, "panel \(panel.id)") }
            }
        }
    }

    @Test("Prometheus takes the rules")
    func rules() async throws {
        let promtool = try #require(TestProgram.path(of: "promtool"), "scripts/install-dependencies installs it")
        let path = Self.root.appendingPathComponent("etc/stan-bridged.rules.yml").path
        let program = TestProgram.start(command: [promtool, "check", "rules", path])
        #expect(await program.end() == .status(0), "\(program.output)\(program.errors)")
    }
}
