/** One exchange of a conversation: the user's message, the agent's tool call and its answer. */
export interface Exchange {
  readonly user: string;
  /** A tool that the agent calls before it answers, with its command and output. */
  readonly tool?: { readonly name: string; readonly command: string; readonly output: string };
  readonly assistant: string;
}

/** A realistic conversation; `{}` stands for one of `subjects`. */
export interface Scenario {
  readonly title: string;
  readonly subjects: readonly string[];
  readonly exchanges: readonly Exchange[];
}

/** The conversations of the demo's users. */
export const SCENARIOS: readonly Scenario[] = [
  {
    title: 'Kubernetes deployment review: {}',
    subjects: ['checkout', 'search-api', 'image-resizer', 'billing', 'notifications'],
    exchanges: [
      {
        user: 'Review my k8s deployment manifest for {} before I roll it out to production.',
        tool: {
          name: 'terminal',
          command: 'kubectl diff -f deploy/{}.yaml',
          output: '-  replicas: 2\n+  replicas: 4\n+  resources: {}',
        },
        assistant:
          'The manifest for {} has no resource limits, so one busy pod can starve its neighbours. I would set `memory: 512Mi` and a CPU request of `250m`, and add a readiness probe on `/readyz`.',
      },
      {
        user: 'Good catch. What about the rolling update settings?',
        assistant:
          'With `maxUnavailable: 25%` and four replicas you lose one pod at a time, which is fine. Add a `PodDisruptionBudget` with `minAvailable: 3` so that a node drain behaves the same way.',
      },
      {
        user: 'Please write the final version.',
        assistant: 'Done: limits, probe and budget are in `deploy/{}.yaml`.',
      },
    ],
  },
  {
    title: 'Flaky test in {}',
    subjects: ['the payment suite', 'the upload worker', 'the login flow', 'the report generator'],
    exchanges: [
      {
        user: 'One test in {} fails about once in twenty runs on CI, never on my machine. Can you find out why?',
        tool: {
          name: 'terminal',
          command: 'npm test -- --repeat 50',
          output: 'FAIL  expires after one minute\n  Expected: true\n  Received: false\n49 passed, 1 failed',
        },
        assistant:
          'It compares two timestamps taken a few milliseconds apart. On a slow machine the second boundary falls between them. Freeze the clock in the test and it passes 500 times in a row.',
      },
      {
        user: 'Thanks, apply that fix.',
        assistant: 'Applied, with a comment that says why the clock is frozen.',
      },
    ],
  },
  {
    title: 'Postgres slow query on {}',
    subjects: ['orders', 'invoices', 'audit_log', 'sessions'],
    exchanges: [
      {
        user: 'This query on {} takes four seconds since last week. EXPLAIN shows a sequential scan.',
        tool: {
          name: 'sql',
          command: 'EXPLAIN ANALYZE SELECT * FROM {} WHERE customer_id = 4711',
          output: 'Seq Scan on {}  (actual time=0.02..3984.11 rows=12 loops=1)',
        },
        assistant:
          'The index on `customer_id` was dropped by the migration of 3 March. Recreate it with `CREATE INDEX CONCURRENTLY`, which does not lock the table; the query is back under 2 ms on a copy.',
      },
      {
        user: 'How do I keep that from happening again?',
        assistant: 'Check in the schema and compare it in CI.',
      },
    ],
  },
  {
    title: 'Nginx reverse proxy for {}',
    subjects: ['the wiki', 'Grafana', 'the file share', 'Home Assistant'],
    exchanges: [
      {
        user: 'I want {} behind nginx under a sub-path, with websockets. It shows a blank page.',
        assistant:
          'The application has to know its base path, and nginx has to pass `Upgrade` and `Connection`. Here is a `location` block that does both; note the trailing slash in `proxy_pass`.',
      },
      { user: 'It works, but uploads over 1 MB fail.', assistant: 'Set `client_max_body_size 200m;` there.' },
    ],
  },
  {
    title: 'Rust borrow checker: {}',
    subjects: ['a linked list', 'an iterator over lines', 'a cache with references'],
    exchanges: [
      {
        user: 'Why does the borrow checker reject {} here? error[E0502]: cannot borrow `self.items` as mutable',
        assistant:
          'The first borrow lives until the last use of `first`, which is after the push. Copy the value out, or end the borrow in a block before you push.',
      },
      {
        user: 'So lifetimes are about uses, not about scopes?',
        assistant: 'Since 2018, yes: non-lexical lifetimes.',
      },
    ],
  },
  {
    title: 'Dinner for {}',
    subjects: ['six, one vegan', 'two on a Tuesday', 'the children’s birthday'],
    exchanges: [
      {
        user: 'Plan a dinner for {}. I have an hour and no oven.',
        assistant:
          'Start with a cucumber salad, then mushroom risotto (use vegetable stock and finish with olive oil), and mango with lime. The risotto needs you for 20 minutes; everything else can wait on the table.',
      },
      {
        user: 'Make me a shopping list.',
        assistant: 'Arborio rice, mushrooms, shallots, white wine, mango, limes, cucumber, dill.',
      },
    ],
  },
  {
    title: 'Reiseplanung {}',
    subjects: ['Südtirol', 'Rügen', 'Lissabon', 'Kopenhagen'],
    exchanges: [
      {
        user: 'Wir möchten im September fünf Tage nach {}, mit dem Zug. Was schlägst du vor?',
        assistant:
          'Fahrt am Montag, dann ist es unterwegs ruhiger. Ich würde zwei Nächte im Hauptort und zwei außerhalb buchen; für die Wanderung am dritten Tag braucht ihr gute Schuhe und früh genug den ersten Bus.',
      },
      {
        user: 'Schreib mir bitte eine Packliste für kühle Abende.',
        assistant: 'Fleecejacke, Regenschutz, Mütze, Stirnlampe.',
      },
    ],
  },
  {
    title: 'Lettre pour {}',
    subjects: ['le propriétaire', 'la mairie', 'l’assurance'],
    exchanges: [
      {
        user: 'Aide-moi à écrire une lettre courtoise pour {} : le dégât des eaux n’est toujours pas réparé.',
        assistant:
          'Madame, Monsieur, je me permets de revenir vers vous au sujet du dégât des eaux déclaré le 12 mars. À ce jour, aucune réparation n’a été effectuée…',
      },
      {
        user: 'Un peu plus ferme, s’il te plaît.',
        assistant: 'Sans réponse sous quinze jours, je saisirai le conciliateur.',
      },
    ],
  },
  {
    title: '部署计划：{}',
    subjects: ['支付服务', '推荐系统', '日志平台'],
    exchanges: [
      {
        user: '请帮我检查{}的部署计划，下周一上线。',
        tool: {
          name: 'terminal',
          command: 'cat plan/rollout.md',
          output: '# 部署计划\n1. 灰度 10%\n2. 全量',
        },
        assistant: '计划里没有回滚步骤。建议先在灰度环境运行二十四小时，并准备好数据库的回滚脚本。',
      },
      { user: '回滚脚本怎么写？', assistant: '先备份表结构，再用事务包住每一步，失败时自动撤销。' },
    ],
  },
  {
    title: '{}の議事録',
    subjects: ['定例会議', '採用面接', '製品レビュー'],
    exchanges: [
      {
        user: '{}のメモを議事録にまとめてください。決定事項と担当者を表にしてほしいです。',
        assistant:
          '承知しました。決定事項は三つあります。担当者と期限を表にまとめ、未決事項は最後に置きました。',
      },
      { user: 'もう少し短くできますか。', assistant: 'はい、半分の長さにしました。' },
    ],
  },
  {
    title: '{} 번역 검토',
    subjects: ['계약서', '제품 설명서', '보도 자료'],
    exchanges: [
      {
        user: '{} 번역을 검토해 주세요. 구글 번역보다 자연스러워야 합니다.',
        assistant: '두 문장이 어색합니다. 존댓말을 통일하고, 용어집에 있는 표현으로 바꾸었습니다.',
      },
    ],
  },
  {
    title: 'Hoja de cálculo: {}',
    subjects: ['gastos del viaje', 'horas del equipo', 'inventario de la tienda'],
    exchanges: [
      {
        user: 'Tengo una hoja con {} y quiero un total por mes sin tablas dinámicas.',
        assistant:
          'Usa SUMAR.SI.CONJUNTO con la primera y la última fecha del mes; así no importa el orden de las filas.',
      },
      {
        user: '¿Y si falta una fecha?',
        assistant: 'Esas filas no entran en ningún mes; cuéntalas aparte con CONTAR.BLANCO.',
      },
    ],
  },
];

/** The conversations of scheduled jobs. */
export const CRON_SCENARIO: Scenario = {
  title: 'Nightly check of {}',
  subjects: ['backups', 'certificates', 'disk space', 'dependency updates'],
  exchanges: [
    {
      user: 'Check {} and report only what needs attention.',
      tool: { name: 'terminal', command: 'make check', output: 'ok' },
      assistant: 'Nothing needs attention: {} are fine.',
    },
  ],
};
