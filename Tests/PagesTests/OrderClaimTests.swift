import Experiments
import Foundation
@testable import Reports
import Testing

@Suite struct OrderClaimTests {
  private func comparison(_ verdict: OrderClaim.Verdict, isNeeded: Bool = true) -> OrderClaim.Comparison {
    .init(
      gradient("active"), below: .control(.random), difference: Estimate(0), verdict: verdict, isNeeded: isNeeded)
  }

  private func verdict(_ comparisons: [OrderClaim.Comparison]) -> OrderClaim.Verdict {
    OrderClaim(.order, metric: "black", comparisons: comparisons).verdict
  }

  @Test(
    "a difference holds if its whole interval is above zero, fails if it is below, and else is not shown",
    arguments: [
      (0.001, 0.2, .holds), (-0.001, 0.2, .notShown), (0, 0.2, .notShown), (-0.2, 0, .notShown),
      (-0.2, -0.001, .fails), (0, 0, .notShown),
      // What summing leaves of equal areas.
      (1e-13, 2e-13, .notShown), (-2e-13, -1e-13, .notShown),
    ] as [(Double, Double, OrderClaim.Verdict)])
  func verdicts(low: Double, high: Double, expected: OrderClaim.Verdict) {
    let difference = Estimate((low + high) / 2, low: low, high: high)
    #expect(OrderClaim.Verdict(of: difference, images: 6) == expected)
    // Five of five do not come out the same less often than in 1 of 16 cases.
    #expect(OrderClaim.Verdict(of: difference, images: 5) == .notShown)
  }

  @Test("a claim holds if all that it needs holds, and one that fails is enough to fail it")
  func claims() {
    let (holds, open, fails) = (comparison(.holds), comparison(.notShown), comparison(.fails))
    #expect(verdict([holds, holds]) == .holds)
    #expect(verdict([holds, open]) == .notShown)
    #expect(verdict([holds, open, fails]) == .fails)
    #expect(verdict([]) == .notShown)
    // What the paper itself has close together may fall either way.
    #expect(verdict([holds, comparison(.fails, isNeeded: false)]) == .holds)
    #expect(verdict([open, comparison(.holds, isNeeded: false)]) == .notShown)
  }

  @Test("in files the verdicts are the words of the page")
  func words() throws {
    let claims = sampleClaims(["black positive original": 0.005, "black original random": -0.02])
    #expect(claims.map(\.verdict) == [.notShown, .fails, .holds])
    let data = try JSONEncoder().encode(claims)
    #expect(try JSONDecoder().decode([OrderClaim].self, from: data) == claims)
    let json = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    let words = ["not shown with this many images", "does not hold", "holds"]
    #expect(json.map { $0["verdict"] as? String } == words)
    var experiment = sampleExperiment()
    experiment.claims = claims
    let html = try Page.html(sampleReport([experiment]))
    for (sign, word) in zip(["?", "✗", "✓"], words) { #expect(html.contains("\(sign)</span> \(word)")) }
  }

  @Test("the area that is farthest from the paper's")
  func farthest() throws {
    let experiment = sampleExperiment(paper: [0.22, 0.19, nil, 0.16, 0.30])
    let (area, difference) = try #require(experiment.farthestFromPaper)
    #expect(area.map.view == "positive" && abs(difference + 0.03) < 1e-12)
    #expect(sampleExperiment().farthestFromPaper == nil)
  }
}
