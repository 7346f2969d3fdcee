// Maps of classifiers and nothing else: what needs libtorch alone.
@_exported import Networks
@_exported import Rasters
@_exported import SaliencyCore
@_exported import SaliencyMethods
@_exported import Tensors
