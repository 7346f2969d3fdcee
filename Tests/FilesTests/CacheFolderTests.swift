import Files
import Testing

@Suite struct CacheFolderTests {
  @Test(arguments: [
    (["XDG_CACHE_HOME": "/var/tmp/c", "HOME": "/home/u"], "/var/tmp/c/saliency"),
    (["XDG_CACHE_HOME": "relative", "HOME": "/home/u"], "/home/u/.cache/saliency"),
    (["XDG_CACHE_HOME": "", "HOME": "/home/u"], "/home/u/.cache/saliency"),
    (["HOME": "/home/u"], "/home/u/.cache/saliency"),
  ])
  func standardFolder(environment: [String: String], path: String) {
    #expect(CacheFolder.url(in: environment).standardizedFileURL.path == path)
  }
}
