import Foundation

/// This process' place among those that a launcher has started together, as their environment says.
public struct Ranks: Sendable, Equatable {
  public enum Launcher: String, Sendable {
    case torchrun
    case openMPI = "Open MPI"
    /// MPICH, Intel MPI and others that speak PMI.
    case mpi = "MPI"
    case slurm = "Slurm"
    case slurmArray = "a Slurm array"
    case kubernetes = "Kubernetes"
  }

  /// Where the process of rank 0 waits for the others.
  public struct Meeting: Sendable, Equatable {
    public let host: String
    public let port: UInt16

    public init(host: String, port: UInt16) {
      self.host = host
      self.port = port
    }
  }

  public let launcher: Launcher
  /// Counted from 0.
  public let rank: Int
  /// How many there are; nil where the launcher does not say: a Kubernetes job.
  public let count: Int?
  /// How many of them are on this machine; nil where the launcher does not say.
  public let localCount: Int?
  /// How many processors the launcher gives this process; nil where it does not say.
  public let processors: Int?
  /// What the processes of one launch have in common, and those of another have not; nil where the launcher does not say.
  public let launch: String?
  /// Nil where the launcher does not say.
  public let meeting: Meeting?

  public init(
    _ launcher: Launcher, rank: Int, of count: Int?, localCount: Int? = nil, processors: Int? = nil,
    launch: String? = nil, meeting: Meeting? = nil
  ) {
    self.launcher = launcher
    self.rank = rank
    self.count = count
    self.localCount = localCount
    self.processors = processors
    self.launch = launch
    self.meeting = meeting
  }

  /// Whether all of them are at work at the same time, so that they can compute something together. A queue starts the tasks of an
  /// array, and the pods of a job, as it finds room.
  public var isSimultaneous: Bool { launcher != .slurmArray && launcher != .kubernetes }

  /// How many processors this process should use.
  ///
  /// - Parameters:
  ///   - allowed: those that the system lets it run on.
  ///   - online: all of the machine's.
  public func threads(allowed: Int, online: Int) -> Int {
    if let processors { return max(1, min(processors, allowed)) }
    let local = localCount ?? 1
    // Who has few enough for all to have as many was given them for itself.
    return max(1, allowed * local <= online ? allowed : allowed / local)
  }

  /// “rank 2 of 4 (Slurm)”
  public var title: String { "rank \(rank)\(count.map { " of \($0)" } ?? "") (\(launcher.rawValue))" }
}

extension Ranks {
  /// What the environment says; nil where nothing, or that this process is alone.
  ///
  /// In this order, the innermost launcher first: `torchrun` (and whoever else sets `RANK`, `WORLD_SIZE` and `MASTER_ADDR`), Open MPI's
  /// and MPICH's `mpirun`, Slurm's `srun`, alone or in the tasks of an array, which then count together, and indexed jobs of Kubernetes.
  ///
  /// - Throws: ``RanksError`` where an entry is no number, or the rank is none of those that there are.
  public static func found(in environment: [String: String]) throws -> Ranks? {
    let values = Values(environment: environment)
    for find in [torchrun, openMPI, mpi, slurm, kubernetes] {
      if let found = try find(values) { return found.count == 1 ? nil : found }
    }
    return nil
  }

  private static func torchrun(_ values: Values) throws -> Ranks? {
    guard values.has("RANK"), values.has("WORLD_SIZE"), values.has("MASTER_ADDR") || values.has("TORCHELASTIC_RUN_ID")
    else { return nil }
    let (rank, count) = try values.place("RANK", among: "WORLD_SIZE")
    var meeting: Meeting?
    if let host = values["MASTER_ADDR"], let port = try values.number("MASTER_PORT", 1...65535) {
      meeting = Meeting(host: host, port: UInt16(port))
    }
    let launch = [values["TORCHELASTIC_RUN_ID"], values["TORCHELASTIC_RESTART_COUNT"]].compactMap(\.self)
    return Ranks(
      .torchrun, rank: rank, of: count, localCount: try values.number("LOCAL_WORLD_SIZE", 1...most),
      launch: launch.isEmpty ? nil : launch.joined(separator: "-"), meeting: meeting)
  }

  private static func openMPI(_ values: Values) throws -> Ranks? {
    guard values.has("OMPI_COMM_WORLD_RANK"), values.has("OMPI_COMM_WORLD_SIZE") else { return nil }
    let (rank, count) = try values.place("OMPI_COMM_WORLD_RANK", among: "OMPI_COMM_WORLD_SIZE")
    return Ranks(
      .openMPI, rank: rank, of: count, localCount: try values.number("OMPI_COMM_WORLD_LOCAL_SIZE", 1...most),
      launch: values["PMIX_NAMESPACE"] ?? values["OMPI_MCA_ess_base_jobid"])
  }

  private static func mpi(_ values: Values) throws -> Ranks? {
    guard values.has("PMI_RANK"), values.has("PMI_SIZE") else { return nil }
    let (rank, count) = try values.place("PMI_RANK", among: "PMI_SIZE")
    return Ranks(
      .mpi, rank: rank, of: count, localCount: try values.number("MPI_LOCALNRANKS", 1...most), launch: values["PMI_ID"])
  }

  /// The batch script itself has a rank, too, but no number of tasks in its step: it is alone.
  private static func slurm(_ values: Values) throws -> Ranks? {
    var (rank, count, launcher) = (0, 1, Launcher.slurm)
    if values.has("SLURM_STEP_NUM_TASKS"), values.has("SLURM_PROCID") {
      (rank, count) = try values.place("SLURM_PROCID", among: "SLURM_STEP_NUM_TASKS")
    }
    let tasks = count
    let array = try values.number("SLURM_ARRAY_TASK_COUNT", 1...most)
    if let array, array > 1, let id = try values.number("SLURM_ARRAY_TASK_ID", 0...most) {
      let first = try values.number("SLURM_ARRAY_TASK_MIN", 0...most) ?? 0
      let step = try values.number("SLURM_ARRAY_TASK_STEP", 1...most) ?? 1
      // An array such as 1,5,7 has no step: its tasks are told apart, and that is all that their ranks are for.
      rank += tasks * max(0, (id - first) / step)
      (count, launcher) = (tasks * array, .slurmArray)
    }
    guard count > 1 else { return nil }
    let local = try localTasks(values, tasks)
    var processors = try values.number("SLURM_CPUS_PER_TASK", 1...most)
    if processors == nil, let all = try values.number("SLURM_CPUS_ON_NODE", 1...most), let local {
      processors = max(1, all / local)
    }
    let job = [values["SLURM_ARRAY_JOB_ID"] ?? values["SLURM_JOB_ID"], values["SLURM_STEP_ID"]].compactMap(\.self)
    return Ranks(
      launcher, rank: rank, of: max(count, rank + 1), localCount: launcher == .slurmArray ? nil : local,
      processors: processors, launch: job.isEmpty ? nil : job.joined(separator: "-"))
  }

  /// Tasks of a step on this node, of `2(x3),1`: the numbers of the nodes in their order.
  private static func localTasks(_ values: Values, _ tasks: Int) throws -> Int? {
    guard tasks > 1 else { return 1 }
    guard let text = values["SLURM_STEP_TASKS_PER_NODE"], let node = try values.number("SLURM_NODEID", 0...most) else {
      return nil
    }
    var left = node
    for entry in text.split(separator: ",") {
      guard let match = entry.wholeMatch(of: #/(\d+)(?:\(x(\d+)\))?/#), let number = Int(match.1) else { return nil }
      let nodes = match.2.map { Int($0) ?? 0 } ?? 1
      if left < nodes { return max(1, number) }
      left -= nodes
    }
    return nil
  }

  private static func kubernetes(_ values: Values) throws -> Ranks? {
    guard let index = try values.number("JOB_COMPLETION_INDEX", 0...most) else { return nil }
    return Ranks(.kubernetes, rank: index, of: nil)
  }

  private static let most = 10_000_000
}

/// A launcher's entries.
private struct Values {
  let environment: [String: String]

  subscript(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

  func has(_ name: String) -> Bool { self[name] != nil }

  func number(_ name: String, _ range: ClosedRange<Int>) throws -> Int? {
    guard let text = self[name] else { return nil }
    guard let number = Int(text), range.contains(number) else { throw RanksError(name: name, value: text) }
    return number
  }

  func place(_ rank: String, among count: String) throws -> (rank: Int, count: Int) {
    let all = try number(count, 1...1_000_000) ?? 1
    return (try number(rank, 0...(all - 1)) ?? 0, all)
  }
}

/// A launcher's entry in the environment that makes no sense.
public struct RanksError: LocalizedError, Equatable, Sendable {
  public let name: String
  public let value: String

  public var errorDescription: String? {
    "the environment says \(name)=\(value), which is none of the processes that a launcher started"
  }
}

/// A process that works in a folder together with others.
public struct Worker: Sendable, Equatable {
  /// For the others: its rank, machine and number.
  public let name: String
  /// Where in the work it begins, 0..<1, so that not all want the same piece.
  package let start: Double

  /// - Parameter ranks: nil: it was started by hand.
  public init(_ ranks: Ranks? = nil) {
    let process = ProcessInfo.processInfo
    let place = "\(process.hostName), process \(process.processIdentifier)"
    name = ranks.map { "\($0.title) on \(place)" } ?? place
    start = ranks.flatMap { ranks in ranks.count.map { Double(ranks.rank) / Double($0) } } ?? 0
  }
}
