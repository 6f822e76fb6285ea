// Writes the seeds of the corpora: make_seeds DIR, where DIR is the folder "corpus" beside this
// file. Each is right, or breaks one rule, so that a fuzzer finds every branch near at hand.
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/weights/file_forge.h"

namespace dfkd {
namespace {

using Seeds = std::vector<std::pair<std::string, std::string>>;

// A dict that uses every opcode of the allow-list at least once.
std::string RichProgram() {
  const std::string storage = PickleStorage("0", 4);
  const std::string tensor = PickleTensor(storage, 0, {2, 2}, {1, 2});
  const std::string parameter =
      absl::StrCat(PickleName("torch._utils", "_rebuild_parameter"), "(", tensor, "\x88",
                   PickleName("collections", "OrderedDict"), ")RtR");
  const std::string python2 = absl::StrCat(PickleName("collections", "OrderedDict"), "](](U\1a",
                                           "K\1e]T\1", std::string(3, '\0'), "baM\1\1aee\x85R");
  const std::string numbers = absl::StrCat("(G", std::string(8, '\0'), "\x8a\1\7\x8a\x0a",
                                           std::string(10, '\1'), "N\x89\x86NN\x87t");
  const std::string memo =
      absl::StrCat("]q\1h\1r\2", std::string(3, '\0'), "j\2", std::string(3, '\0'), "aa");
  const std::string state_dict =
      absl::StrCat(PickleName("collections", "OrderedDict"), ")R(", PickleText("w"), tensor,
                   PickleText("p"), parameter, "u}", PickleText("_metadata"), "}sb");
  return PickleDict({{"numbers", numbers},
                     {"python2", python2},
                     {"memo", memo},
                     {"epoch", PickleInt(3)},
                     {"state_dict", state_dict}});
}

std::string Program(absl::string_view tensor) { return PickleDict({{"w", std::string(tensor)}}); }

Seeds Programs() {
  const auto tensor = [](int elements, int offset, const std::vector<int>& sizes,
                         const std::vector<int>& strides) {
    return Program(PickleTensor(PickleStorage("0", elements), offset, sizes, strides));
  };
  return {{"rich", RichProgram()},
          {"plain", tensor(4, 0, {4}, {1})},
          {"expanded", tensor(4, 0, {1 << 24, 4}, {0, 1})},
          {"beyond", tensor(4, 2, {2, 2}, {2, 1})},
          {"huge", tensor(0x7fffffff, 0, {0x7fffffff}, {1})},
          {"negative", tensor(4, -1, {-1}, {-1})},
          {"empty", tensor(4, 4, {0, 7}, {7, 1})},
          {"call", absl::StrCat(kPickleBegin, "cposix\nsystem\n", PickleText("true"), "\x85R.")},
          {"circle", absl::StrCat(kPickleBegin, "}q\1", PickleText("a"), "h\1s.")},
          {"deep", absl::StrCat(kPickleBegin, std::string(100, '('))}};
}

Seeds Zips() {
  const std::vector<ForgedEntry> storages = {{"0", "aaaabbbbccccdddd"}};
  Seeds seeds;
  for (const auto& [name, program] : Programs()) {
    // A fuzzer does not guess checksums.
    seeds.emplace_back(name, ForgePyTorchZip(program, storages, {.checksums = false}));
  }
  const std::string plain = Programs()[1].second;
  seeds.emplace_back("checksums", ForgePyTorchZip(plain, storages));
  seeds.emplace_back("zip64", ForgePyTorchZip(plain, storages, {.zip64 = true}));
  seeds.emplace_back("sizes_first", ForgePyTorchZip(plain, storages, {.sizes_follow = false}));
  seeds.emplace_back("two_roots", ForgeZip({{"a/data.pkl", plain}, {"b/data/0", "x"}}));
  seeds.emplace_back("script", ForgeZip({{"a/data.pkl", plain}, {"a/constants.pkl", "x"}}));
  seeds.emplace_back("no_entries", ForgeZip({}));
  return seeds;
}

Seeds Legacies() {
  Seeds seeds;
  for (const auto& [name, program] : Programs()) {
    seeds.emplace_back(name, ForgePyTorchLegacy(program, {{"0", "aaaabbbbccccdddd"}}));
  }
  seeds.emplace_back("no_storage", ForgePyTorchLegacy(Programs()[1].second, {}));
  return seeds;
}

Seeds Safetensors() {
  const auto entry = [](absl::string_view dtype, absl::string_view shape,
                        absl::string_view offsets) {
    return absl::StrCat(R"({"dtype":")", dtype, R"(","shape":[)", shape, R"(],"data_offsets":[)",
                        offsets, "]}");
  };
  const auto file = [](absl::string_view header, size_t bytes) {
    return ForgeSafetensors(header, std::string(bytes, 'x'));
  };
  return {
      {"empty", file("{}", 0)},
      {"plain",
       file(absl::StrCat(R"({"__metadata__":{"k":"\u00e9\n"},"a":)", entry("F32", "2,1", "0,8"),
                         R"(,"b":)", entry("BF16", "", "8,10"), "}"),
            10)},
      {"none_and_scalar", file(absl::StrCat(R"({"a":)", entry("U8", "0,9", "0,0"), R"(,"b":)",
                                            entry("BOOL", "", "0,1"), "}"),
                               1)},
      {"overlap", file(absl::StrCat(R"({"a":)", entry("I8", "2", "0,2"), R"(,"b":)",
                                    entry("I8", "2", "1,3"), "}"),
                       3)},
      {"overflow",
       file(absl::StrCat(R"({"a":)", entry("F64", "4294967296,4294967296", "0,0"), "}"), 0)},
      {"duplicate", file(R"({"a":{"dtype":"F16","dtype":"F16"}})", 0)},
      {"nested", file(R"({"a":{"shape":[[[[[]]]]]}})", 0)},
      {"numbers", file(R"({"a":{"shape":[-1,1e9,18446744073709551615]}})", 0)},
      {"not_utf8", file("{\"\xc3\x28\":{}}", 0)},
  };
}

bool Write(const std::string& dir, const Seeds& seeds) {
  for (const auto& [name, bytes] : seeds) {
    std::ofstream file(absl::StrCat(dir, "/", name), std::ios::binary);
    if (!(file << bytes)) return false;
  }
  return true;
}

}  // namespace
}  // namespace dfkd

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s DIR\n", argv[0]);
    return 2;
  }
  const std::string dir = argv[1];
  const bool written = dfkd::Write(dir + "/safetensors", dfkd::Safetensors()) &&
                       dfkd::Write(dir + "/pytorch_zip", dfkd::Zips()) &&
                       dfkd::Write(dir + "/pytorch_legacy", dfkd::Legacies());
  if (!written) std::perror("make_seeds");
  return written ? 0 : 5;
}
