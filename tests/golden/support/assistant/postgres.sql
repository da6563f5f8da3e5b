-- world: 0
CREATE TABLE customers (customer_id INTEGER, first_name VARCHAR, last_name VARCHAR, email VARCHAR, city VARCHAR, country VARCHAR, signup_date DATE, segment VARCHAR, is_active BOOLEAN);
CREATE TABLE products (product_id INTEGER, name VARCHAR, category VARCHAR, subcategory VARCHAR, price DECIMAL(10,2), cost DECIMAL(10,2), supplier_id INTEGER, stock INTEGER, discontinued BOOLEAN);
CREATE TABLE suppliers (supplier_id INTEGER, company VARCHAR, country VARCHAR, lead_time_days INTEGER);
CREATE TABLE orders (order_id INTEGER, customer_id INTEGER, order_date DATE, shipped_date DATE, status VARCHAR, channel VARCHAR, discount DOUBLE PRECISION, shipping_fee DECIMAL(10,2));
CREATE TABLE order_items (order_id INTEGER, product_id INTEGER, quantity INTEGER, unit_price DECIMAL(10,2));
CREATE TABLE reviews (review_id INTEGER, product_id INTEGER, customer_id INTEGER, rating INTEGER, comment VARCHAR, created_at TIMESTAMP);
CREATE TABLE returns (return_id INTEGER, order_id INTEGER, product_id INTEGER, quantity INTEGER, reason VARCHAR, returned_at TIMESTAMP);
-- world: 1
CREATE TABLE employees (employee_id INTEGER, first_name VARCHAR, last_name VARCHAR, email VARCHAR, phone VARCHAR, hire_date DATE, job_id VARCHAR, salary DECIMAL(10,2), commission_pct DOUBLE PRECISION, manager_id INTEGER, department_id INTEGER);
CREATE TABLE departments (department_id INTEGER, department_name VARCHAR, manager_id INTEGER, location_id INTEGER, budget DECIMAL(12,2));
CREATE TABLE jobs (job_id VARCHAR, job_title VARCHAR, min_salary DECIMAL(10,2), max_salary DECIMAL(10,2));
CREATE TABLE locations (location_id INTEGER, city VARCHAR, country VARCHAR, region VARCHAR);
CREATE TABLE leave_requests (request_id INTEGER, employee_id INTEGER, start_date DATE, end_date DATE, kind VARCHAR, approved BOOLEAN);
CREATE TABLE performance (employee_id INTEGER, year INTEGER, score DOUBLE PRECISION, reviewer_id INTEGER, notes VARCHAR);
-- world: 2
CREATE TABLE accounts (account_id VARCHAR, company VARCHAR, industry VARCHAR, country VARCHAR, plan VARCHAR, created_at TIMESTAMP, churned_at TIMESTAMP);
CREATE TABLE users (user_id VARCHAR, account_id VARCHAR, email VARCHAR, role VARCHAR, created_at TIMESTAMP, last_seen_at TIMESTAMP);
CREATE TABLE events (event_id BIGINT, user_id VARCHAR, name VARCHAR, properties JSON, tags VARCHAR[], occurred_at TIMESTAMP);
CREATE TABLE subscriptions (subscription_id VARCHAR, account_id VARCHAR, plan VARCHAR, mrr DECIMAL(10,2), started_at DATE, ended_at DATE);
CREATE TABLE invoices (invoice_id VARCHAR, account_id VARCHAR, amount DECIMAL(10,2), currency VARCHAR, issued_at DATE, paid_at DATE);
CREATE TABLE tickets (ticket_id INTEGER, account_id VARCHAR, subject VARCHAR, priority VARCHAR, status VARCHAR, opened_at TIMESTAMP, closed_at TIMESTAMP, satisfaction INTEGER);
-- world: 3
CREATE TABLE patients (patient_id INTEGER, name VARCHAR, gender VARCHAR, birth_date DATE, city VARCHAR, insurer VARCHAR, blood_type VARCHAR);
CREATE TABLE doctors (doctor_id INTEGER, name VARCHAR, specialty VARCHAR, department VARCHAR);
CREATE TABLE visits (visit_id INTEGER, patient_id INTEGER, doctor_id INTEGER, visit_date TIMESTAMP, kind VARCHAR, diagnosis_code VARCHAR, cost DECIMAL(10,2));
CREATE TABLE prescriptions (prescription_id INTEGER, visit_id INTEGER, drug VARCHAR, dose_mg DOUBLE PRECISION, days INTEGER);
CREATE TABLE lab_results (result_id INTEGER, patient_id INTEGER, test VARCHAR, value DOUBLE PRECISION, unit VARCHAR, taken_at TIMESTAMP);
CREATE TABLE admissions (admission_id INTEGER, patient_id INTEGER, ward VARCHAR, admitted_at TIMESTAMP, discharged_at TIMESTAMP);
-- world: 4
CREATE TABLE flights (flight_id INTEGER, flight_date DATE, carrier VARCHAR, flight_number INTEGER, origin VARCHAR, dest VARCHAR, sched_dep TIMESTAMP, dep_time TIMESTAMP, arr_delay INTEGER, dep_delay INTEGER, distance INTEGER, cancelled BOOLEAN);
CREATE TABLE airports (code VARCHAR, name VARCHAR, city VARCHAR, state VARCHAR, lat DOUBLE PRECISION, lon DOUBLE PRECISION);
CREATE TABLE carriers (code VARCHAR, name VARCHAR);
CREATE TABLE bookings (booking_id INTEGER, flight_id INTEGER, passenger_id INTEGER, fare DECIMAL(10,2), class VARCHAR, booked_at TIMESTAMP);
CREATE TABLE passengers (passenger_id INTEGER, full_name VARCHAR, nationality VARCHAR, birth_date DATE, miles INTEGER);
CREATE TABLE weather (airport VARCHAR, observed_at TIMESTAMP, temp_c DOUBLE PRECISION, wind_kph DOUBLE PRECISION, visibility_km DOUBLE PRECISION);
-- world: 5
CREATE TABLE clients (client_id INTEGER, name VARCHAR, birth_date DATE, branch_id INTEGER, risk_class VARCHAR, joined DATE);
CREATE TABLE bank_accounts (account_no VARCHAR, client_id INTEGER, kind VARCHAR, balance DECIMAL(14,2), currency VARCHAR, opened DATE);
CREATE TABLE transactions (tx_id BIGINT, account_no VARCHAR, booked_at TIMESTAMP, amount DECIMAL(14,2), kind VARCHAR, merchant VARCHAR, category VARCHAR);
CREATE TABLE loans (loan_id INTEGER, client_id INTEGER, principal DECIMAL(14,2), rate DOUBLE PRECISION, term_months INTEGER, start_date DATE, status VARCHAR);
CREATE TABLE payments (payment_id INTEGER, loan_id INTEGER, due_date DATE, paid_date DATE, amount DECIMAL(14,2));
CREATE TABLE branches (branch_id INTEGER, city VARCHAR, region VARCHAR);
