import ArgumentParser
import Foundation
import Saliency

/// Whether other processes work at the same, in the same folder.
struct DistributionOptions: ParsableArguments {
  enum Choice: String, ExpressibleByArgument, CaseIterable { case auto, on, off }

  @Option(
    help: """
      Share the work with other processes that have the same command line and the same output folder, on this machine or on others \
      that see the folder: auto does where torchrun, mpirun, srun, a Slurm array or an indexed Kubernetes job started this one. The \
      same command again computes what is missing.
      """)
  var distributed = Choice.auto

  /// This process among those that a launcher started; nil where it is alone or is to be.
  func ranks() throws -> Ranks? {
    guard distributed != .off else { return nil }
    return try Ranks.found(in: ProcessInfo.processInfo.environment)
  }

  /// What is to be done with results that the folder holds.
  func existing(_ results: RunOptions) throws -> RunFolder.Existing {
    let ranks = try ranks()
    guard ranks != nil || distributed == .on else { return results.existing }
    guard !results.force else {
      throw CommandError(
        "--force: of several processes that share \(results.output) each would remove what the others did; remove it before, "
          + "or give --distributed off")
    }
    return .share(Worker(ranks))
  }

  /// Takes this process' part of the machine's processors, unless the user says how many.
  func saveThreads(_ device: DeviceOptions) async throws {
    guard device.threads == nil, let ranks = try ranks() else { return }
    let machine = ProcessInfo.processInfo
    let allowed = min(machine.activeProcessorCount, ProcessorQuota.read() ?? .max)
    let threads = ranks.threads(allowed: allowed, online: machine.processorCount)
    try await TorchActor.run { try Torch.setThreads(threads) }
  }
}
