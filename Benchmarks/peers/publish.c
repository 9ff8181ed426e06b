/*
 * Publishes N messages of SIZE bytes to a channel with Debian's libnats, asynchronously, and waits for every ack.
 * Prints one line: messages a second until the last ack, and microseconds of CPU a message (user + system, all threads).
 *
 * Compile (Debian: apt-get install libnats-dev):  cc -O2 -Wall -Wextra -o publish publish.c -lnats
 * Run:  ./publish [-s URL] [-c CLUSTER] [-i CLIENT_ID] [-m MAX_PUB_ACKS_INFLIGHT] CHANNEL N SIZE
 *
 * A body is a JSON object of exactly SIZE bytes where SIZE allows (23 and more), with the message's number in it;
 * below that it is SIZE letters.
 */
/* Debian builds its library with streaming, but its header shows it only when asked. */
#define NATS_HAS_STREAMING
#include <nats/nats.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long acked, failed, wanted;
static int lost;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void onAck(const char *guid, const char *error, void *closure) {
    (void)guid;
    (void)closure;
    pthread_mutex_lock(&lock);
    if (error != NULL && failed++ == 0) fprintf(stderr, "publish: %s\n", error);
    if (++acked == wanted) pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static void onLost(stanConnection *sc, const char *error, void *closure) {
    (void)sc;
    (void)closure;
    fprintf(stderr, "connection lost: %s\n", error);
    pthread_mutex_lock(&lock);
    lost = 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static void check(natsStatus status, const char *what) {
    if (status == NATS_OK) return;
    fprintf(stderr, "%s: %s\n", what, natsStatus_GetText(status));
    nats_PrintLastErrorStack(stderr);
    exit(1);
}

int main(int argc, char **argv) {
    const char *url = "nats://127.0.0.1:4222", *cluster = "test-cluster", *client = "peer-publish";
    int maxInflight = 16384, option;
    while ((option = getopt(argc, argv, "s:c:i:m:")) != -1) {
        if (option == 's') url = optarg;
        else if (option == 'c') cluster = optarg;
        else if (option == 'i') client = optarg;
        else if (option == 'm') maxInflight = atoi(optarg);
        else return 64;
    }
    if (argc - optind != 3 || atol(argv[optind + 1]) < 1 || atoi(argv[optind + 2]) < 0 || maxInflight < 1) {
        fprintf(stderr, "usage: %s [-s URL] [-c CLUSTER] [-i CLIENT_ID] [-m MAX_PUB_ACKS_INFLIGHT] CHANNEL N SIZE\n", argv[0]);
        return 64;
    }
    const char *channel = argv[optind];
    int size = atoi(argv[optind + 2]);
    wanted = atol(argv[optind + 1]);
    char *body = malloc((size_t)size + 32);
    if (body == NULL) return 1;
    memset(body, 'x', (size_t)size + 32);

    stanConnOptions *options = NULL;
    stanConnection *sc = NULL;
    check(stanConnOptions_Create(&options), "options");
    check(stanConnOptions_SetURL(options, url), url);
    check(stanConnOptions_SetMaxPubAcksInflight(options, maxInflight, 1.0f), "options");
    check(stanConnOptions_SetConnectionLostHandler(options, onLost, NULL), "options");
    check(stanConnection_Connect(&sc, cluster, client, options), "connect");

    double startedAt = now(), cpuAtStart = cpu();
    for (long index = 1; index <= wanted; index++) {
        if (size >= 23) {
            body[snprintf(body, 32, "{\"n\":%10ld,\"p\":\"", index)] = 'x';
            memcpy(body + size - 2, "\"}", 2);
        }
        check(stanConnection_PublishAsync(sc, channel, body, size, onAck, NULL), "publish");
    }
    pthread_mutex_lock(&lock);
    while (acked < wanted && !lost) pthread_cond_wait(&changed, &lock);
    long done = acked, refused = failed;
    pthread_mutex_unlock(&lock);
    double seconds = now() - startedAt, used = cpu() - cpuAtStart;
    printf("published %ld messages of %d bytes, %ld failed: %.0f messages/s, %.2f us CPU/message\n", done, size, refused,
           (double)done / seconds, used * 1e6 / (double)done);

    stanConnection_Close(sc);
    stanConnection_Destroy(sc);
    stanConnOptions_Destroy(options);
    nats_Close();
    free(body);
    return done == wanted && refused == 0 ? 0 : 1;
}
