// The folder of a study: whose it is.
#ifndef DFKD_STUDY_STUDY_FOLDER_H_
#define DFKD_STUDY_STUDY_FOLDER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "dfkd/core/files.h"
#include "dfkd/study/study.pb.h"

namespace dfkd {

struct OpenedStudyFolder {
  std::unique_ptr<DirectoryLock> lock;  // held while the study runs
  Study study;                          // with the threads that its runs have
};

// Makes the folder and writes study.textproto, or recognises the one of the same study, which may
// ask for other seeds now; rules, arms and all else are what they were. Refused: a folder in use
// (exit 5), of another study (exit 2, with the difference), or with anything else in it (exit 2).
// `threads` is what a run gets where neither the study nor its folder says.
absl::StatusOr<OpenedStudyFolder> OpenStudyFolder(FileSystem* files, const std::string& dir,
                                                  const Study& study, int threads);

// The threads that each of its runs has: what the study says, else what its folder does.
int ThreadsOf(const Study& study, const std::string& dir, int otherwise);

}  // namespace dfkd

#endif  // DFKD_STUDY_STUDY_FOLDER_H_
