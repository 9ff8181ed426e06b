/*
 * Receives N messages of a channel with Debian's libnats, from the first one on, and acks each by hand: the bar for our
 * own receiving. Prints one line: messages a second, and microseconds of CPU a message (user + system, all threads).
 *
 * Compile (Debian: apt-get install libnats-dev):  cc -O2 -Wall -Wextra -o receive receive.c -lnats
 * Run:  ./receive [-s URL] [-c CLUSTER] [-i CLIENT_ID] [-m MAX_INFLIGHT] CHANNEL N
 *
 * The clock runs from the first message to the last, so that connecting does not count.
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

/* Touched by the callback's thread only, but for `done`, which the mutex guards. */
struct run {
    long wanted, received, redelivered;
    unsigned long long bytes, lastSequence;
    double firstAt, lastAt, cpuAtFirst, cpuAtLast;
    const char *error;
    int done;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

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

static void finish(struct run *run, const char *error) {
    pthread_mutex_lock(&run->lock);
    if (!run->done) {
        run->error = error;
        run->done = 1;
    }
    pthread_cond_signal(&run->changed);
    pthread_mutex_unlock(&run->lock);
}

static void onMessage(stanConnection *sc, stanSubscription *sub, const char *channel, stanMsg *msg, void *closure) {
    struct run *run = closure;
    (void)sc;
    (void)channel;
    if (run->received == 0) {
        run->firstAt = now();
        run->cpuAtFirst = cpu();
    }
    run->received++;
    run->redelivered += stanMsg_IsRedelivered(msg);
    run->bytes += (unsigned long long)stanMsg_GetDataLength(msg);
    run->lastSequence = stanMsg_GetSequence(msg);
    natsStatus status = stanSubscription_AckMsg(sub, msg);
    stanMsg_Destroy(msg);
    if (status != NATS_OK) {
        finish(run, natsStatus_GetText(status));
    } else if (run->received == run->wanted) {
        run->lastAt = now();
        run->cpuAtLast = cpu();
        finish(run, NULL);
    }
}

static void onLost(stanConnection *sc, const char *error, void *closure) {
    (void)sc;
    (void)error;
    finish(closure, "connection lost");
}

static void check(natsStatus status, const char *what) {
    if (status == NATS_OK) return;
    fprintf(stderr, "%s: %s\n", what, natsStatus_GetText(status));
    nats_PrintLastErrorStack(stderr);
    exit(1);
}

int main(int argc, char **argv) {
    const char *url = "nats://127.0.0.1:4222", *cluster = "test-cluster", *client = "peer-receive";
    int maxInflight = 1024, option;
    while ((option = getopt(argc, argv, "s:c:i:m:")) != -1) {
        if (option == 's') url = optarg;
        else if (option == 'c') cluster = optarg;
        else if (option == 'i') client = optarg;
        else if (option == 'm') maxInflight = atoi(optarg);
        else return 64;
    }
    if (argc - optind != 2 || atol(argv[optind + 1]) < 1 || maxInflight < 1) {
        fprintf(stderr, "usage: %s [-s URL] [-c CLUSTER] [-i CLIENT_ID] [-m MAX_INFLIGHT] CHANNEL N\n", argv[0]);
        return 64;
    }
    static struct run run = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    run.wanted = atol(argv[optind + 1]);

    stanConnOptions *connOptions = NULL;
    stanSubOptions *subOptions = NULL;
    stanConnection *sc = NULL;
    stanSubscription *sub = NULL;
    check(stanConnOptions_Create(&connOptions), "options");
    check(stanConnOptions_SetURL(connOptions, url), url);
    check(stanConnOptions_SetConnectionLostHandler(connOptions, onLost, &run), "options");
    check(stanConnection_Connect(&sc, cluster, client, connOptions), "connect");
    check(stanSubOptions_Create(&subOptions), "options");
    check(stanSubOptions_DeliverAllAvailable(subOptions), "options");
    check(stanSubOptions_SetManualAckMode(subOptions, true), "options");
    check(stanSubOptions_SetMaxInflight(subOptions, maxInflight), "options");
    check(stanConnection_Subscribe(&sub, sc, argv[optind], onMessage, &run, subOptions), "subscribe");

    pthread_mutex_lock(&run.lock);
    while (!run.done) pthread_cond_wait(&run.changed, &run.lock);
    const char *error = run.error;
    pthread_mutex_unlock(&run.lock);
    if (error != NULL) {
        fprintf(stderr, "receive: %s\n", error);
        return 1;
    }
    double seconds = run.lastAt - run.firstAt;
    printf("received %ld messages, %llu bytes, last sequence %llu, %ld redelivered: %.0f messages/s, %.2f us CPU/message\n",
           run.wanted, run.bytes, run.lastSequence, run.redelivered, (double)run.wanted / seconds,
           (run.cpuAtLast - run.cpuAtFirst) * 1e6 / (double)run.wanted);

    stanSubscription_Close(sub);
    stanSubscription_Destroy(sub);
    stanSubOptions_Destroy(subOptions);
    stanConnection_Close(sc);
    stanConnection_Destroy(sc);
    stanConnOptions_Destroy(connOptions);
    nats_Close();
    return 0;
}
