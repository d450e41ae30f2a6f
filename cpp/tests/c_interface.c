/* What a C program may rely on without a bundle: defaults, names, and a status with one line for every misuse. */
#include <sspnet/sspnet.h>

#include <stdio.h>
#include <string.h>

static int failures = 0;

static void expect(int holds, const char *what) {
    if (holds) return;
    ++failures;
    fprintf(stderr, "not so: %s (last error: %s)\n", what, sspnet_last_error());
}

/* 500 letters of three bytes. */
static const char *long_name(void) {
    static char name[3 * 500 + 1];
    for (int i = 0; i < 500; ++i) memcpy(name + 3 * i, "\xE2\x82\xAC", 3);
    return name;
}

int main(void) {
    sspnet_options options = sspnet_default_options();
    sspnet_estimator *estimator = (sspnet_estimator *)&options;
    sspnet_pose pose;
    int answer;

    expect(strlen(sspnet_last_error()) == 0, "nothing has failed yet");
    expect(options.percentile == 95 && options.target_fps == 0 && strcmp(options.backend, "auto") == 0, "defaults");
    expect(strcmp(sspnet_joint_name(0), "pelvis") == 0 && strcmp(sspnet_joint_name(27), "r-small-toe") == 0, "joint names");
    expect(sspnet_joint_name(28) == NULL && sspnet_joint_name(-1) == NULL, "no joint has another number");
    expect(sspnet_joint_parent(0) == -1 && sspnet_joint_parent(16) == 15 && sspnet_joint_parent(27) == 25, "joint parents");

    expect(sspnet_open("no such folder", &options, &estimator) == SSPNET_BAD_BUNDLE, "a missing bundle");
    expect(estimator == NULL, "a failed open leaves NULL");
    expect(strstr(sspnet_last_error(), "no such folder is not a bundle") != NULL, "the error names the folder");
    expect(sspnet_open(long_name(), NULL, &estimator) == SSPNET_BAD_BUNDLE, "a missing bundle with a long name");
    expect(strlen(sspnet_last_error()) % 3 == 0, "a line that is cut off ends with a whole letter");
    expect(sspnet_open(NULL, NULL, &estimator) == SSPNET_BAD_OPTION, "no bundle");
    expect(sspnet_open("x", NULL, NULL) == SSPNET_BAD_OPTION, "nowhere to put the estimator");
    expect(sspnet_predict(NULL, NULL, NULL, &pose) == SSPNET_BAD_OPTION, "no estimator");
    expect(strcmp(sspnet_last_error(), "estimator is NULL") == 0, "the error names the argument");
    expect(sspnet_predict_many(NULL, NULL, NULL, 1, &pose) == SSPNET_BAD_OPTION, "no boxes");
    expect(sspnet_predict_all(NULL, NULL, &pose, 1, NULL) == SSPNET_BAD_OPTION, "nowhere to put their number");
    expect(sspnet_out_of_reach(NULL, &answer) == SSPNET_BAD_OPTION, "no estimator to ask");
    expect(sspnet_set_target_fps(NULL, 30) == SSPNET_BAD_OPTION, "no estimator to set");
    sspnet_close(NULL);

    printf("libsspnet %s\n", sspnet_version());
    return failures;
}
