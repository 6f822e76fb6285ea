#include "dfkd/inspect/inspect.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/files.h"
#include "dfkd/core/folders.h"
#include "dfkd/core/status.h"
#include "dfkd/inspect/describe_table.h"
#include "dfkd/inspect/describe_weights.h"
#include "dfkd/inspect/visible_text.h"
#include "dfkd/pool/segment.h"
#include "dfkd/report/format.h"
#include "dfkd/report/summary.h"
#include "dfkd/train/run_folder.h"
#include "dfkd/weights/weights.h"

namespace dfkd {
namespace {

constexpr size_t kSniffed = 64;
// A record of CIFAR: labels, each below its limit, then the pixels.
struct CifarKind {
  const char* classes;
  std::vector<int> label_limits;

  bool LooksSo(absl::string_view head, int64_t size) const {
    const auto labels = static_cast<int64_t>(label_limits.size());
    if (size == 0 || size % (labels + 3 * 32 * 32) != 0) return false;
    for (int64_t i = 0; i < labels; ++i) {
      if (static_cast<uint8_t>(head[i]) >= label_limits[i]) return false;
    }
    return true;
  }
};
// Of a segment only what a pool writes is read whole.
constexpr int64_t kMaxSegmentBytes = int64_t{1} << 31;

// --- folders

// "  student  test_top1 98.9 % after the last epoch" for each stage.
std::string StageLines(const RunSummary& summary) {
  std::string text;
  for (const StageSummary& stage : summary.stages) {
    absl::StrAppend(&text, "  ", VisibleText(stage.name), " (", StageRoleName(stage.role), ")");
    if (stage.last.has_value()) {
      absl::StrAppend(&text, ": ", VisibleText(stage.metric), " ", FormatRounded(*stage.last, 4),
                      " %");
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

std::string DescribeRunFolder(const std::string& path) {
  const auto summary = ReadSummary(path);
  const bool finished = summary.ok() && summary->finished;
  return absl::StrCat(path, ": the folder of ",
                      finished ? "a finished run" : "a run that has not finished",
                      summary.ok() ? absl::StrCat(" of ", VisibleText(summary->experiment)) : "",
                      "\n", summary.ok() ? StageLines(*summary) : "", "\n  dfkd report ", path,
                      "        its table and report.html\n  dfkd eval --run=", path,
                      "    measures its student again\n");
}

std::string DescribeFolder(const std::string& path) {
  const auto holds = [&path](const char* name) { return FileExists(JoinPath(path, name)); };
  if (holds(kResolvedSpecFile)) return DescribeRunFolder(path);
  const auto is = [&path](const char* what) { return absl::StrCat(path, ": ", what, "\n"); };
  if (holds("modules.json")) {
    return is(
        "the folder of a sentence-transformers model; the encoder \"sbert\" reads it: "
        "`dfkd embed --encoder=sbert --set=encoder.model_dir=…`");
  }
  if (holds("test_batch.bin")) {
    return is(
        "CIFAR-10 in its binary version; the data set \"cifar10\" reads it: "
        "`dfkd eval --data=cifar10 --set=data.source.folder=…`");
  }
  if (holds("test.bin")) {
    return is(
        "CIFAR-100 in its binary version; the data set \"cifar100\" reads it: "
        "`dfkd eval --data=cifar100 --set=data.source.folder=…`");
  }
  const auto names = ListDirectory(path);
  if (names.ok() && !names->empty() && absl::StartsWith(names->front(), "round-")) {
    return is("the checkpoints of a run, which `dfkd run` resumes from; inspect a file of them");
  }
  return absl::StrCat(
      path, ": a folder of ", names.ok() ? names->size() : 0, " entries. `dfkd eval --data=", path,
      "/` takes it for images, with a folder a class; `dfkd predict --images=", path,
      "` for images without classes\n");
}

// --- files that are no weights

std::string DescribeSegment(const std::string& path) {
  const auto bytes = ReadFile(path, kMaxSegmentBytes);
  if (!bytes.ok()) return absl::StrCat(VisibleText(bytes.status().message()), "\n");
  const auto header = SegmentHeader::Decode(*bytes);
  if (!header.has_value()) return absl::StrCat(path, ": a pool's segment with a damaged header\n");
  int64_t images = 0;
  for (const Block& block : ScanBlocks(*header, *bytes)) images += block.count;
  return absl::StrCat(path, ": a segment of a run's pool: ", FormatCount(images), " images of ",
                      header->channels, "x", header->height, "x", header->width, " from number ",
                      FormatCount(static_cast<int64_t>(header->first)),
                      " on. `dfkd sample` shows a run's images\n");
}

// A sentence on what the first bytes, the name and the size show; nothing for weights and for what
// nobody knows.
std::optional<std::string> DescribeByLooks(const std::string& path, absl::string_view head,
                                           int64_t size) {
  const auto is = [&path](absl::string_view what) { return absl::StrCat(path, ": ", what, "\n"); };
  if (absl::StartsWith(head, "DFKDPOOL")) return DescribeSegment(path);
  if (absl::StartsWith(head, "\x89PNG") || absl::StartsWith(head, "\xff\xd8\xff")) {
    return is("a picture; `dfkd predict --images=FOLDER` reads those in a folder");
  }
  if (absl::EndsWith(path, ".textproto")) {
    return is(
        "a textproto; if it is a spec, `dfkd check` judges it and `dfkd resolve` prints it "
        "whole");
  }
  for (const CifarKind& kind : {CifarKind{"10", {10}}, CifarKind{"100", {20, 100}}}) {
    if (!absl::EndsWith(path, ".bin") || !kind.LooksSo(head, size)) continue;
    return is(absl::StrCat("pictures of CIFAR-", kind.classes, " by its size; the data set \"cifar",
                           kind.classes, "\" reads its folder: `dfkd eval --data=cifar",
                           kind.classes, " --set=data.source.folder=…`"));
  }
  return std::nullopt;
}

absl::StatusOr<std::string> Head(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return InputFileError(absl::StrCat("cannot open ", path));
  std::string head(kSniffed, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<size_t>(file.gcount()));
  return head;
}

// --- weights

absl::string_view Container(absl::string_view head) {
  if (absl::StartsWith(head, "PK")) return "torch.save's zip container";
  if (head.size() > 8 && head[8] == '{') return "safetensors";
  return "torch.save's container from before PyTorch 1.6";
}

std::string DescribeWeightFile(const WeightFile& file, const std::string& path) {
  if (IsEmbeddingTable(file)) return absl::StrCat("\n", DescribeEmbeddingTable(path));
  const auto round = file.metadata.find("round");
  if (file.metadata.contains("dfkd.checkpoint")) {
    return absl::StrCat("a checkpoint of a run",
                        round == file.metadata.end()
                            ? ""
                            : absl::StrCat(" after round ", VisibleText(round->second)),
                        ": `dfkd run` resumes from it; a stage's network is in its "
                        "last.safetensors\n",
                        DescribeTensors(file));
  }
  return absl::StrCat(DescribeTensors(file), DescribeClassifier(file, path));
}

}  // namespace

absl::StatusOr<std::string> Inspect(const std::string& path) {
  if (IsDirectory(path)) return DescribeFolder(path);
  DFKD_ASSIGN_OR_RETURN(const int64_t size, FileSize(path));
  DFKD_ASSIGN_OR_RETURN(const std::string head, Head(path));
  if (const auto text = DescribeByLooks(path, head, size)) return *text;
  DFKD_ASSIGN_OR_RETURN(const WeightFile file, ReadWeights(path));
  return absl::StrCat(path, ": ", Container(head), ", ", FormatCount(size), " bytes\n",
                      DescribeWeightFile(file, path));
}

}  // namespace dfkd
