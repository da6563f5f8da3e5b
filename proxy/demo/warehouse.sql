-- The sample warehouse. Everything is computed from row numbers, so that each build holds the same rows, and dates count
-- back from one fixed day. u(i, salt) is a number in [0, 1); pick(list, i, salt) an element of a list.
CREATE MACRO u(i, salt) AS (hash(CAST(i AS BIGINT) * 1000 + salt) % 1000000) / 1000000.0;
CREATE MACRO pick(list, i, salt) AS list[1 + CAST(floor(u(i, salt) * len(list)) AS INTEGER)];
CREATE MACRO digits(i, salt, width) AS lpad(CAST(CAST(floor(u(i, salt) * 10 ** width) AS BIGINT) AS VARCHAR), width, '0');

CREATE TEMP TABLE words AS SELECT
    ['Maria', 'James', 'Anna', 'Luca', 'Sofia', 'Liam', 'Emma', 'Noah', 'Chloe', 'Hugo', 'Elena', 'Oscar', 'Ingrid', 'Mateo',
     'Yuki', 'Kenji', 'Priya', 'Arjun', 'Mei', 'Wei', 'Olivia', 'Ethan', 'Grace', 'Henry', 'Nora', 'Felix', 'Clara',
     'Jonas', 'Amelie', 'Pavel', 'Zuzana', 'Isla', 'Ruby', 'Jack', 'Aisha', 'Omar', 'Fatima', 'Samuel', 'Rosa', 'David']
        AS first_names,
    ['Rossi', 'Smith', 'Müller', 'Dubois', 'García', 'Novak', 'Jensen', 'Kowalski', 'Silva', 'Johnson', 'Williams', 'Brown',
     'Tanaka', 'Suzuki', 'Patel', 'Sharma', 'Chen', 'Wang', 'Nguyen', 'Kim', 'Taylor', 'Wilson', 'Martin', 'Bernard',
     'Schneider', 'Fischer', 'Moreau', 'Costa', 'Hansen', 'Lindberg', 'Murphy', 'Walsh', 'Clark', 'Lewis', 'Young',
     'Hall', 'Ali', 'Hassan', 'Singh', 'Lopez']
        AS last_names,
    ['Amsterdam', 'Berlin', 'Lisbon', 'Lyon', 'Milan', 'Prague', 'Vienna', 'Dublin'] AS eu_cities,
    ['Austin', 'Boston', 'Chicago', 'Denver', 'Portland', 'Seattle', 'Toronto', 'New York'] AS us_cities,
    ['Auckland', 'Melbourne', 'Mumbai', 'Osaka', 'Seoul', 'Singapore', 'Sydney', 'Tokyo'] AS apac_cities,
    ['4111111111111111', '4242424242424242', '4012888888881881', '5555555555554444', '5105105105105100',
     '378282246310005', '371449635398431', '6011111111111117', '6011000990139424', '3530111333300000'] AS cards;

CREATE SCHEMA sales;
CREATE SCHEMA support;
CREATE SCHEMA people;
CREATE SCHEMA public;

CREATE TABLE public.products (
    id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, category VARCHAR NOT NULL, price DECIMAL(10, 2) NOT NULL,
    active BOOLEAN NOT NULL
);
INSERT INTO public.products
SELECT i,
       pick(['Oak', 'Linen', 'Copper', 'Cedar', 'Marble', 'Wool', 'Glass', 'Bamboo'], i, 1) || ' '
           || pick(['Desk Lamp', 'Throw', 'Kettle', 'Bookshelf', 'Serving Board', 'Armchair', 'Vase', 'Wall Clock',
                    'Side Table', 'Rug'], i, 2) || ' ' || CAST(100 + i AS VARCHAR),
       pick(['Lighting', 'Textiles', 'Kitchen', 'Furniture', 'Decor'], i, 3),
       CAST(round(9 + 490 * u(i, 4) ** 2, 2) AS DECIMAL(10, 2)),
       u(i, 5) < 0.93
FROM range(1, 201) AS r(i) ORDER BY i;

CREATE TABLE sales.customers (
    id INTEGER PRIMARY KEY, first_name VARCHAR NOT NULL, last_name VARCHAR NOT NULL, email VARCHAR NOT NULL,
    phone VARCHAR, birth_date DATE, national_id VARCHAR, region VARCHAR NOT NULL, city VARCHAR NOT NULL,
    segment VARCHAR NOT NULL, password_hash VARCHAR NOT NULL, notes VARCHAR, created_at TIMESTAMP NOT NULL,
    deleted_at TIMESTAMP
);
INSERT INTO sales.customers
WITH base AS (
    SELECT i, pick(first_names, i, 11) AS first_name, pick(last_names, i, 12) AS last_name,
           pick(['EU', 'EU', 'EU', 'EU', 'US', 'US', 'US', 'US', 'APAC', 'APAC'], i, 13) AS region,
           eu_cities, us_cities, apac_cities
    FROM range(1, 20001) AS r(i), words
), known AS (
    SELECT *,
           lower(strip_accents(first_name || '.' || last_name)) || CAST(i AS VARCHAR) || '@'
               || pick(['example.com', 'example.org', 'example.net'], i, 14) AS email,
           CASE region WHEN 'US' THEN '+1 ' || pick(['212', '312', '415', '512', '617', '206'], i, 15) || '-555-01' || digits(i, 16, 2)
                       WHEN 'EU' THEN '+44 20 7946 0' || digits(i, 16, 3)
                       ELSE '+61 2 5550 ' || digits(i, 16, 4) END AS phone
    FROM base
)
SELECT i, first_name, last_name, email, phone,
       DATE '2026-01-31' - CAST(6600 + floor(u(i, 17) * 21000) AS INTEGER),
       CAST(900 + CAST(floor(u(i, 18) * 100) AS INTEGER) AS VARCHAR) || '-'
           || lpad(CAST(1 + CAST(floor(u(i, 19) * 49) AS INTEGER) AS VARCHAR), 2, '0') || '-'
           || lpad(CAST(1 + CAST(floor(u(i, 20) * 9999) AS INTEGER) AS VARCHAR), 4, '0'),
       region,
       CASE region WHEN 'EU' THEN pick(eu_cities, i, 21) WHEN 'US' THEN pick(us_cities, i, 21)
                   ELSE pick(apac_cities, i, 21) END,
       pick(['consumer', 'consumer', 'consumer', 'business', 'partner'], i, 22),
       'sha256$' || sha256('demo' || CAST(i AS VARCHAR)),
       CASE CAST(floor(u(i, 23) * 12) AS INTEGER)
            WHEN 0 THEN 'Prefers a call in the morning on ' || phone || '.'
            WHEN 1 THEN 'Invoices go to ' || email || ' and to nobody else.'
            WHEN 2 THEN 'Asked for gift wrapping.'
            WHEN 3 THEN 'Met ' || first_name || ' ' || last_name || ' at the trade fair; wants the spring catalogue.'
       END,
       TIMESTAMP '2026-01-31 12:00:00' - to_days(CAST(30 + floor(u(i, 24) * 1400) AS INTEGER)) - to_seconds(floor(u(i, 25) * 86400)),
       CASE WHEN u(i, 26) < 0.03
            THEN TIMESTAMP '2026-01-31 12:00:00' - to_days(CAST(floor(u(i, 27) * 29) AS INTEGER)) END
FROM known ORDER BY i;

CREATE TABLE sales.orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, product_id INTEGER NOT NULL, region VARCHAR NOT NULL,
    quantity INTEGER NOT NULL, amount DECIMAL(12, 2) NOT NULL, status VARCHAR NOT NULL, ordered_at TIMESTAMP NOT NULL,
    delivery_note VARCHAR
);
INSERT INTO sales.orders
WITH base AS (
    SELECT i, 1 + CAST(floor(u(i, 31) ** 1.6 * 20000) AS INTEGER) * 7919 % 20000 AS customer_id,
           1 + CAST(floor(u(i, 32) * 200) AS INTEGER) AS product_id, 1 + CAST(floor(u(i, 33) ** 3 * 9) AS INTEGER) AS quantity
    FROM range(1, 100001) AS r(i)
)
SELECT b.i, b.customer_id, b.product_id, c.region, b.quantity, CAST(p.price * b.quantity AS DECIMAL(12, 2)),
       pick(['paid', 'paid', 'paid', 'paid', 'paid', 'paid', 'shipped', 'shipped', 'returned', 'cancelled'], b.i, 34),
       TIMESTAMP '2026-01-31 12:00:00' - to_days(CAST(floor(u(b.i, 35) * 730) AS INTEGER)) - to_seconds(floor(u(b.i, 36) * 86400)),
       CASE CAST(floor(u(b.i, 37) * 60) AS INTEGER)
            WHEN 0 THEN 'Call ' || c.phone || ' before delivery.'
            WHEN 1 THEN 'Leave it with the neighbour.'
            WHEN 2 THEN 'Send the tracking link to ' || c.email || ', please.' END
FROM base AS b
JOIN sales.customers AS c ON c.id = b.customer_id
JOIN public.products AS p ON p.id = b.product_id
ORDER BY b.i;

CREATE TABLE sales.payments (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, method VARCHAR NOT NULL, card_number VARCHAR, card_holder VARCHAR,
    amount DECIMAL(12, 2) NOT NULL, paid_at TIMESTAMP NOT NULL
);
INSERT INTO sales.payments
SELECT o.id, o.id, m.method, CASE WHEN m.method = 'card' THEN pick(w.cards, o.id, 42) END,
       CASE WHEN m.method = 'card' THEN c.first_name || ' ' || c.last_name END, o.amount,
       o.ordered_at + to_minutes(CAST(1 + floor(u(o.id, 43) * 2000) AS INTEGER))
FROM sales.orders AS o
JOIN sales.customers AS c ON c.id = o.customer_id
JOIN (SELECT id, pick(['card', 'card', 'card', 'transfer', 'voucher'], id, 41) AS method FROM sales.orders) AS m ON m.id = o.id,
words AS w
WHERE o.status <> 'cancelled' ORDER BY o.id;

CREATE TABLE people.employees (
    id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, email VARCHAR NOT NULL, phone VARCHAR, birth_date DATE,
    national_id VARCHAR, department VARCHAR NOT NULL, title VARCHAR NOT NULL, manager_id INTEGER, region VARCHAR NOT NULL,
    salary DECIMAL(10, 2) NOT NULL, hired_on DATE NOT NULL
);
INSERT INTO people.employees
WITH base AS (
    SELECT i, pick(first_names, i, 51) AS first_name, pick(last_names, i, 52) AS last_name,
           pick(['Sales', 'Support', 'Support', 'Engineering', 'Engineering', 'Finance', 'People', 'Logistics', 'Logistics'], i, 53)
               AS department
    FROM range(1, 401) AS r(i), words
)
SELECT i, first_name || ' ' || last_name,
       lower(strip_accents(first_name || '.' || last_name)) || CAST(i AS VARCHAR) || '@shop.example.com',
       '+1 212-555-01' || digits(i, 54, 2), DATE '2026-01-31' - CAST(8000 + floor(u(i, 55) * 14000) AS INTEGER),
       CAST(900 + CAST(floor(u(i, 56) * 100) AS INTEGER) AS VARCHAR) || '-'
           || lpad(CAST(1 + CAST(floor(u(i, 57) * 49) AS INTEGER) AS VARCHAR), 2, '0') || '-'
           || lpad(CAST(1 + CAST(floor(u(i, 58) * 9999) AS INTEGER) AS VARCHAR), 4, '0'),
       department,
       CASE WHEN i <= 7 THEN 'Head of ' || ['Sales', 'Support', 'Engineering', 'Finance', 'People', 'Logistics', 'Legal'][i]
            ELSE pick(['Associate', 'Specialist', 'Senior Specialist', 'Lead'], i, 59) END,
       CASE WHEN i <= 7 THEN NULL ELSE 1 + CAST(floor(u(i, 60) * 7) AS INTEGER) END,
       pick(['EU', 'EU', 'US', 'APAC'], i, 61),
       CAST(round(38000 + 70000 * u(i, 62) ** 2 + CASE department WHEN 'Engineering' THEN 24000 WHEN 'Finance' THEN 15000
                  ELSE 0 END + CASE WHEN i <= 7 THEN 60000 ELSE 0 END, -2) AS DECIMAL(10, 2)),
       DATE '2026-01-31' - CAST(60 + floor(u(i, 63) * 4000) AS INTEGER)
FROM base ORDER BY i;

CREATE TABLE support.tickets (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, assigned_to VARCHAR NOT NULL, priority VARCHAR NOT NULL,
    status VARCHAR NOT NULL, subject VARCHAR NOT NULL, body VARCHAR NOT NULL, opened_at TIMESTAMP NOT NULL
);
INSERT INTO support.tickets
WITH base AS (
    SELECT i, 1 + CAST(floor(u(i, 71) * 20000) AS INTEGER) AS customer_id, CAST(floor(u(i, 72) * 8) AS INTEGER) AS topic
    FROM range(1, 8001) AS r(i)
)
SELECT b.i, b.customer_id,
       CASE WHEN u(b.i, 73) < 0.02 THEN 'support' ELSE 'support-' || CAST(2 + CAST(floor(u(b.i, 74) * 18) AS INTEGER) AS VARCHAR) END,
       pick(['low', 'normal', 'normal', 'high'], b.i, 75), pick(['open', 'open', 'waiting', 'closed', 'closed'], b.i, 76),
       ['Parcel has not arrived', 'Wrong item delivered', 'Charged twice', 'Change of address', 'Refund please',
        'Cannot log in', 'Invoice needed', 'Thank you'][b.topic + 1],
       CASE b.topic
            WHEN 0 THEN 'Hello, this is ' || c.first_name || ' ' || c.last_name || '. My parcel to ' || c.city
                 || ' has not arrived. Please call me on ' || c.phone || '.'
            WHEN 1 THEN 'I ordered a lamp and got a rug. Write to ' || c.email || ' when the right one is on its way.'
            WHEN 2 THEN 'You charged my card ' || pick(w.cards, b.i, 77) || ' twice for one order. ' || c.first_name || ' ' || c.last_name
            WHEN 3 THEN 'I moved to ' || c.city || '. My new number is ' || c.phone || ' and the mail stays ' || c.email || '.'
            WHEN 4 THEN 'Please refund to card ' || regexp_replace(pick(w.cards, b.i, 77), '(\d{4})(\d{4})(\d{4})(\d+)', '\1 \2 \3 \4')
                 || ', name on the card ' || c.first_name || ' ' || c.last_name || '.'
            WHEN 5 THEN 'The reset link never reaches ' || c.email || '. I can prove who I am, my id is ' || c.national_id || '.'
            WHEN 6 THEN 'Please send the invoice of last month again, our auditor asks for it.'
            ELSE 'The chair is lovely. Kind regards, ' || c.first_name || '.' END,
       TIMESTAMP '2026-01-31 12:00:00' - to_days(CAST(floor(u(b.i, 78) * 180) AS INTEGER)) - to_seconds(floor(u(b.i, 79) * 86400))
FROM base AS b JOIN sales.customers AS c ON c.id = b.customer_id, words AS w
ORDER BY b.i;

DROP TABLE words;
DROP MACRO digits;
DROP MACRO pick;
DROP MACRO u;
