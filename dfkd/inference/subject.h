// What a verb around a run works on (subject.proto), from flags.
#ifndef DFKD_INFERENCE_SUBJECT_H_
#define DFKD_INFERENCE_SUBJECT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/data/dataset.h"
#include "dfkd/inference/subject.pb.h"

namespace dfkd {

// --data=WHAT[:SPLIT]
struct DataArgument {
  std::string source;              // may be empty: what is set already
  std::optional<SplitName> split;  // absent: not said
};

// "digits:test", "photos/", "C:\\images", "table.textproto:CELL:test". What follows the last colon
// is a split only if it is the name of one and no folder has the whole name; a word there that is
// none is refused, but for the cell of a matrix file.
absl::StatusOr<DataArgument> ParseDataArgument(absl::string_view text);

// Sets subject->data: a data set's short name; a folder of images, where `source` holds a slash or
// is a folder; the data of a spec, where it ends in .textproto, is the name of a shipped one, or a
// cell of a matrix.
absl::Status SetData(const std::string& source, Subject* subject);

// What a folder of images leaves open, from a network's card: its class folders are called like the
// classes, and its pictures are normalised as the network wants them. InputFileError where a class
// folder is called like none. Other data say this themselves, and are left alone.
absl::Status FillFromCard(const TeacherCard& card, Subject* subject);

// --set=… of such a verb, then the field rules: model.depth=16, data.source.size=16,
// encoder.prompt='a photo of a {}'.
absl::Status ApplySettings(const std::vector<std::string>& settings, Subject* subject);

}  // namespace dfkd

#endif  // DFKD_INFERENCE_SUBJECT_H_
